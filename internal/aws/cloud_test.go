package aws_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/google/go-cmp/cmp"

	"github.com/ecsapp-dev/ecsapp-operator/internal/aws"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim"
	"github.com/ecsapp-dev/ecsapp-operator/internal/stack"
)

// stand is a Cloud in front of a simulator that does not wait.
type stand struct {
	*testing.T
	*aws.Cloud

	target aws.Target
	// lost makes the simulator's next answer get lost on the way, after the effect.
	lost   atomic.Bool
	server atomic.Pointer[awssim.Server]
}

func newStand(t *testing.T) *stand {
	t.Helper()
	s := &stand{T: t, target: aws.Target{
		Name: "default-items-0123abcd", Owner: "owner", Cluster: "cluster", App: "default/items",
		Service: "Service", DigestOutput: "Digest",
	}}
	s.reset()
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if s.lost.CompareAndSwap(true, false) {
			s.server.Load().ServeHTTP(httptest.NewRecorder(), r)
			panic(http.ErrAbortHandler)
		}
		s.server.Load().ServeHTTP(w, r)
	}))
	t.Cleanup(front.Close)
	s.Cloud = aws.NewFromConfig(awssdk.Config{
		Region: "us-east-1", BaseEndpoint: &front.URL, RetryMaxAttempts: 1,
		Credentials: credentials.NewStaticCredentialsProvider("test", "test", ""),
	})
	return s
}

// reset puts an empty AWS in the place of the one that was there.
func (s *stand) reset() {
	server := awssim.New(awssim.Options{})
	s.Cleanup(func() {
		if err := server.Close(); err != nil {
			s.Error(err)
		}
	})
	s.server.Store(server)
}

// body is a template with one resource.
func body(digest, retention string) string {
	return fmt.Sprintf(`{"Resources": {"Group": {"Type": "AWS::Logs::LogGroup", "Properties": {"RetentionInDays": %s}}},
		"Outputs": {"Digest": {"Value": %q}}}`, retention, digest)
}

func (s *stand) do(action stack.Action, seen stack.Observation, digest string) error {
	return s.Do(s.Context(), aws.Order{
		Action: action, Target: s.target, Seen: seen, Body: body(digest, "7"), Digest: digest,
		Tags: map[string]string{"team": "shop"}, Protected: new(true),
	})
}

func (s *stand) mustDo(action stack.Action, seen stack.Observation, digest string) {
	s.Helper()
	if err := s.do(action, seen, digest); err != nil {
		s.Fatal(err)
	}
}

// settle looks until no operation is under way.
func (s *stand) settle() stack.Observation {
	s.Helper()
	ctx, cancel := context.WithTimeout(s.Context(), 10*time.Second)
	defer cancel()
	for {
		seen, err := s.Observe(ctx, s.target)
		if err != nil {
			s.Fatal(err)
		}
		if seen.Phase != stack.Busy {
			return seen
		}
		time.Sleep(time.Millisecond)
	}
}

func TestAStackIsSeenThroughItsLife(t *testing.T) {
	t.Parallel()
	s := newStand(t)
	if seen := s.settle(); seen.Phase != stack.Absent {
		t.Fatalf("before all is %+v", seen)
	}
	s.mustDo(stack.Create, stack.Observation{}, "one")
	created := s.settle()
	if created.Phase != stack.Steady || created.Digest != "one" || created.Protected || created.Rollout != nil {
		t.Fatalf("the created stack is %+v", created)
	}
	s.target.ID = created.ID
	s.mustDo(stack.Update, created, "two")
	updated := s.settle()
	if updated.Digest != "two" || updated.Revision == created.Revision {
		t.Fatalf("the updated stack is %+v", updated)
	}
	s.mustDo(stack.Protect, updated, "")
	protected := s.settle()
	if !protected.Protected {
		t.Fatalf("the protected stack is %+v", protected)
	}
	if err := s.do(stack.Delete, protected, ""); aws.ClassOf(err) != aws.Busy {
		t.Fatalf("deleting a protected stack answered %v", err)
	}
}

func TestWhatIsOfSomebodyElseIsForeign(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*aws.Target){
		"another owner":   func(target *aws.Target) { target.Owner = "somebody" },
		"another cluster": func(target *aws.Target) { target.Cluster = "elsewhere" },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStand(t)
			s.mustDo(stack.Create, stack.Observation{}, "one")
			s.settle()
			change(&s.target)
			if seen := s.settle(); seen.Phase != stack.Foreign {
				t.Errorf("the stack is %s, want Foreign", seen.Phase)
			}
		})
	}
}

func TestALostAnswerDoublesNothing(t *testing.T) {
	t.Parallel()
	s := newStand(t)
	s.lost.Store(true)
	if err := s.do(stack.Create, stack.Observation{}, "one"); aws.ClassOf(err) != aws.Transient {
		t.Fatalf("the lost answer is %v", err)
	}
	s.mustDo(stack.Create, stack.Observation{}, "one")
	created := s.settle()
	s.lost.Store(true)
	if err := s.do(stack.Update, created, "two"); err == nil {
		t.Fatal("no answer was lost")
	}
	if seen := s.settle(); seen.Phase != stack.Steady || seen.Digest != "two" {
		t.Errorf("after the lost answer the stack is %+v", seen)
	}
}

func TestADeletedStackIsAbsentButALostOneIsNot(t *testing.T) {
	t.Parallel()
	s := newStand(t)
	s.mustDo(stack.Create, stack.Observation{}, "one")
	created := s.settle()
	s.target.ID = created.ID
	s.mustDo(stack.Delete, created, "")
	if seen := s.settle(); seen.Phase != stack.Absent {
		t.Fatalf("the deleted stack is %+v", seen)
	}
	s.reset()
	if _, err := s.Observe(t.Context(), s.target); aws.ClassOf(err) != aws.Lost {
		t.Errorf("in another account the stack is %v, want it lost: it may still be there", err)
	}
}

func TestAnUpdateThatChangesNothingSaysSo(t *testing.T) {
	t.Parallel()
	s := newStand(t)
	s.mustDo(stack.Create, stack.Observation{}, "one")
	if err := s.do(stack.Update, s.settle(), "one"); aws.ClassOf(err) != aws.NoChanges {
		t.Errorf("the same template again answered %v", err)
	}
}

func TestAFailureNamesTheResourceAndTheReason(t *testing.T) {
	t.Parallel()
	s := newStand(t)
	err := s.Do(t.Context(), aws.Order{Action: stack.Create, Target: s.target, Body: body("one", "8")})
	if err != nil {
		t.Fatal(err)
	}
	seen := s.settle()
	if seen.Phase != stack.Broken || !strings.HasPrefix(seen.Failure, "Group: ") {
		t.Errorf("the failed stack is %+v", seen)
	}
	if again := s.settle(); again.Failure != seen.Failure {
		t.Errorf("the same failure reads otherwise:\n%s\n%s", seen.Failure, again.Failure)
	}
}

func TestImagesOfECRArePinnedAndOthersAreNot(t *testing.T) {
	t.Parallel()
	s := newStand(t)
	for name, test := range map[string]struct {
		image aws.Image
		want  aws.Image
		class aws.Class
	}{
		"another registry": {
			aws.Image{Repository: "registry.example/items", Tag: "1"}, aws.Image{Repository: "registry.example/items", Tag: "1"}, "",
		},
		"no such repository": {
			aws.Image{Repository: "123456789012.dkr.ecr.us-east-1.amazonaws.com/items", Tag: "1"}, aws.Image{}, aws.NotFound,
		},
	} {
		got, err := s.ResolveImage(t.Context(), test.image)
		if diff := cmp.Diff(test.want, got); diff != "" || aws.ClassOf(err) != test.class {
			t.Errorf("%s: %v, %v", name, got, err)
		}
	}
}

func TestRegionOf(t *testing.T) {
	t.Parallel()
	for id, want := range map[string]string{
		"arn:aws:cloudformation:eu-west-1:123456789012:stack/items/1": "eu-west-1", "": "", "items": "",
	} {
		if got := aws.RegionOf(id); got != want {
			t.Errorf("RegionOf(%q) = %q, want %q", id, got, want)
		}
	}
}
