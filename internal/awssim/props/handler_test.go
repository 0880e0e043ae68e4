package props_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/props"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/resource"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/wire"
)

func TestAnAPIErrorBecomesAHandlersFailure(t *testing.T) {
	t.Parallel()
	codes := map[string]string{"Gone": "NotFound"}
	for code, want := range map[string]string{"Gone": "NotFound", "Bad": "InvalidRequest"} {
		failed, ok := errors.AsType[*resource.Failure](props.Refusal(wire.Errorf(code, "what %s", "happened"), codes))
		if !ok || failed.HandlerErrorCode != want || failed.Message != "what happened" {
			t.Errorf("%s becomes %+v, want the code %s", code, failed, want)
		}
	}
	other := errors.New("other")
	if got := props.Refusal(other, codes); !errors.Is(got, other) {
		t.Errorf("another error becomes %v", got)
	}
	if got := props.Refusal(nil, codes); got != nil {
		t.Errorf("no error becomes %v", got)
	}
}

func TestGeneratedNamesAreCutToFit(t *testing.T) {
	t.Parallel()
	long := resource.Request{StackName: strings.Repeat("s", 100), LogicalID: strings.Repeat("l", 90)}
	name := props.NameWithin(80, long, ".fifo")
	if len(name) != 80 || !strings.HasPrefix(name, "s-l") || !strings.HasSuffix(name, ".fifo") {
		t.Errorf("the name is %q (%d characters)", name, len(name))
	}
	short := props.NameWithin(80, resource.Request{StackName: "stack", LogicalID: "Queue"}, "")
	if !strings.HasPrefix(short, "stack-Queue-") {
		t.Errorf("the name is %q", short)
	}
}

func TestReadTagsAreThoseOfTheTemplateInItsOrder(t *testing.T) {
	t.Parallel()
	tag := func(key, value string) any { return map[string]any{"Key": key, "Value": value} }
	r := resource.Request{
		Tags:       map[string]string{"team": "blue", "aws:cloudformation:stack-name": "s"},
		Properties: resource.Properties{"Tags": []any{tag("z", "1"), tag("a", "2")}},
	}
	read := resource.Properties{}
	props.SetTags(read, r, map[string]string{
		"a": "2", "added": "3", "aws:cloudformation:logical-id": "Queue", "aws:cloudformation:stack-name": "s", "team": "blue", "z": "1",
	})
	want := resource.Properties{"Tags": []any{tag("z", "1"), tag("a", "2"), tag("added", "3")}}
	if diff := cmp.Diff(want, read); diff != "" {
		t.Error(diff)
	}
	untagged := resource.Properties{}
	if props.SetTags(untagged, resource.Request{Tags: r.Tags}, r.Tags); len(untagged) > 0 {
		t.Errorf("a resource without tags of its own has %v", untagged)
	}
}
