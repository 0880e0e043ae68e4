package fault_test

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/clock"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/fault"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/resource"
)

func add(t *testing.T, set *fault.Set, rule fault.Rule) string {
	t.Helper()
	id, err := set.Add(rule)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// pattern asks for the same call many times: x where a fault strikes, - where none does.
func pattern(set *fault.Set, times int) string {
	var told strings.Builder
	for range times {
		if _, ok := set.OnCall("cloudformation", "CreateStack", "us-east-1"); ok {
			told.WriteByte('x')
		} else {
			told.WriteByte('-')
		}
	}
	return told.String()
}

func TestRulesStrikeAsOftenAsTheySay(t *testing.T) {
	t.Parallel()
	always := fault.Call{}
	cases := map[string]struct {
		rules []fault.Rule
		want  string
	}{
		"always":                      {[]fault.Rule{{Call: &always, Effect: fault.Throttling}}, "xxxxxxxx"},
		"twice":                       {[]fault.Rule{{Call: &always, Effect: fault.Throttling, Count: 2}}, "xx------"},
		"twice after three":           {[]fault.Rule{{Call: &always, Effect: fault.Throttling, Count: 2, Skip: 3}}, "---xx---"},
		"another operation's":         {[]fault.Rule{{Call: &fault.Call{Operation: "DeleteStack"}, Effect: fault.Throttling}}, "--------"},
		"another service's":           {[]fault.Rule{{Call: &fault.Call{Service: "ecs"}, Effect: fault.Throttling}}, "--------"},
		"another region's":            {[]fault.Rule{{Call: &fault.Call{Region: "eu-west-1"}, Effect: fault.Throttling}}, "--------"},
		"a resource's":                {[]fault.Rule{{Resource: &fault.Resource{}, Effect: fault.Failure}}, "--------"},
		"one once, then another once": {[]fault.Rule{{Call: &always, Effect: fault.Throttling, Count: 1}, {Call: &always, Effect: fault.AccessDenied, Count: 1}}, "xx------"},
		"by chance":                   {[]fault.Rule{{Call: &always, Effect: fault.Throttling, Probability: 0.5, Seed: 7}}, chance(7)},
		"by another chance":           {[]fault.Rule{{Call: &always, Effect: fault.Throttling, Probability: 0.5, Seed: 8}}, chance(8)},
	}
	for name, test := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var set fault.Set
			for _, rule := range test.rules {
				add(t, &set, rule)
			}
			if diff := cmp.Diff(test.want, pattern(&set, len(test.want))); diff != "" {
				t.Error(diff)
			}
		})
	}
	if one, other := chance(7), chance(8); one == other || !strings.Contains(one, "x") || !strings.Contains(one, "-") {
		t.Errorf("seeds 7 and 8 give %s and %s", one, other)
	}
}

// chance is what a seed gave the last time: equal seeds have to give it again.
func chance(seed uint64) string {
	const times = 16
	var set fault.Set
	_, _ = set.Add(fault.Rule{Call: &fault.Call{}, Effect: fault.Throttling, Probability: 0.5, Seed: seed})
	return pattern(&set, times)
}

func TestARateLetsPassWhatABucketHolds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var set fault.Set
		add(t, &set, fault.Rule{Call: &fault.Call{}, Effect: fault.Throttling, Rate: 2, Burst: 3})
		told := pattern(&set, 5)
		time.Sleep(time.Second)
		told += " " + pattern(&set, 4)
		time.Sleep(time.Hour)
		told += " " + pattern(&set, 5)
		if diff := cmp.Diff("---xx --xx ---xx", told); diff != "" {
			t.Error(diff)
		}
	})
}

func TestRulesThatMakeNoSenseAreRefused(t *testing.T) {
	t.Parallel()
	call, deed := &fault.Call{}, &fault.Resource{}
	cases := map[string]struct {
		rule fault.Rule
		want string
	}{
		"no target":                {fault.Rule{Effect: fault.Throttling}, "exactly one of"},
		"two targets":              {fault.Rule{Call: call, Resource: deed, Effect: fault.Delay}, "exactly one of"},
		"no effect":                {fault.Rule{Call: call}, `"" is no effect on calls`},
		"a call that is stuck":     {fault.Rule{Call: call, Effect: fault.Stuck}, `"Stuck" is no effect on calls`},
		"a resource that throttle": {fault.Rule{Resource: deed, Effect: fault.Throttling}, `"Throttling" is no effect on resources`},
		"a task that is stuck":     {fault.Rule{Task: &fault.Task{}, Effect: fault.Stuck}, `"Stuck" is no effect on tasks`},
		"a call that crashes":      {fault.Rule{Call: call, Effect: fault.Crash}, `"Crash" is no effect on calls`},
		"an unknown deed":          {fault.Rule{Resource: &fault.Resource{Deed: "Make"}, Effect: fault.Failure}, "deed has to be"},
		"more than certain":        {fault.Rule{Call: call, Effect: fault.Throttling, Probability: 2}, "between 0 and 1"},
		"a negative count":         {fault.Rule{Call: call, Effect: fault.Throttling, Count: -1}, "must not be negative"},
		"a rate without a burst":   {fault.Rule{Call: call, Effect: fault.Throttling, Rate: 1}, "needs a burst"},
		"a burst without a rate":   {fault.Rule{Call: call, Effect: fault.Throttling, Burst: 1}, "needs a burst"},
		"a rate of losing answers": {fault.Rule{Call: call, Effect: fault.LostAnswer, Rate: 1, Burst: 1}, "for Throttling"},
		"a delay of no time":       {fault.Rule{Call: call, Effect: fault.Delay}, "needs a delay"},
	}
	for name, test := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var set fault.Set
			if _, err := set.Add(test.rule); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v", err)
			}
			if left := set.List(); len(left) != 0 {
				t.Errorf("it was added: %+v", left)
			}
		})
	}
}

func TestRulesAreListedAsTheyWereGivenAndHowOftenTheyStruck(t *testing.T) {
	t.Parallel()
	var set fault.Set
	var rule fault.Rule
	given := `{"call":{"service":"cloudformation"},"effect":"Delay","count":3,"delay":"1.5s"}`
	if err := json.Unmarshal([]byte(given), &rule); err != nil {
		t.Fatal(err)
	}
	add(t, &set, rule)
	pattern(&set, 2)
	text, err := json.Marshal(set.List())
	if err != nil {
		t.Fatal(err)
	}
	want := `[{"call":{"service":"cloudformation"},"effect":"Delay","count":3,"delay":"1.5s","id":"fault-1","struck":2}]`
	if diff := cmp.Diff(want, string(text)); diff != "" {
		t.Error(diff)
	}
	if set.Remove("fault-2") || !set.Remove("fault-1") || pattern(&set, 1) != "-" {
		t.Error("only the rule that is there can be removed")
	}
}

// recorder is a provider that makes everything at once.
type recorder struct {
	mu    sync.Mutex
	deeds []string
}

func (r *recorder) note(deed string, of resource.Request) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.deeds = append(r.deeds, deed+" "+of.LogicalID)
}

func (r *recorder) Create(_ context.Context, of resource.Request) (resource.Result, error) {
	r.note("create", of)
	return resource.Result{PhysicalID: "made"}, nil
}

func (r *recorder) Update(_ context.Context, of resource.Request) (resource.Result, error) {
	r.note("update", of)
	return resource.Result{PhysicalID: "made"}, nil
}

func (r *recorder) Delete(_ context.Context, of resource.Request) error {
	r.note("delete", of)
	return nil
}

func TestDeedsFailBeforeOrAfterTheyAreDone(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		rule   fault.Rule
		undoes bool
		want   []string // create, update and delete that succeed
		done   []string
	}{
		"creations":              {fault.Rule{Resource: &fault.Resource{Deed: fault.Create}, Effect: fault.Failure}, false, []string{"update", "delete"}, []string{"update A", "delete A"}},
		"what comes too late":    {fault.Rule{Resource: &fault.Resource{Deed: fault.Update}, Effect: fault.LateFailure}, false, []string{"create", "delete"}, []string{"create A", "update A", "delete A"}},
		"another resource":       {fault.Rule{Resource: &fault.Resource{LogicalID: "B"}, Effect: fault.Failure}, false, []string{"create", "update", "delete"}, []string{"create A", "update A", "delete A"}},
		"another stack":          {fault.Rule{Resource: &fault.Resource{Stack: "other"}, Effect: fault.Failure}, false, []string{"create", "update", "delete"}, []string{"create A", "update A", "delete A"}},
		"everything of the type": {fault.Rule{Resource: &fault.Resource{Stack: "demo", Type: "AWS::SNS::Topic"}, Effect: fault.Failure}, false, nil, nil},
		"rollbacks, in none":     {fault.Rule{Resource: &fault.Resource{Rollback: true}, Effect: fault.Failure}, false, []string{"create", "update", "delete"}, []string{"create A", "update A", "delete A"}},
		"rollbacks, in one":      {fault.Rule{Resource: &fault.Resource{Rollback: true}, Effect: fault.Failure}, true, nil, nil},
	}
	for name, test := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var set fault.Set
			add(t, &set, test.rule)
			inner := &recorder{}
			provider := set.Wrap(inner, clock.Clock{})
			request := resource.Request{StackName: "demo", Type: "AWS::SNS::Topic", LogicalID: "A", Undoing: test.undoes}
			_, createErr := provider.Create(t.Context(), request)
			_, updateErr := provider.Update(t.Context(), request)
			deleteErr := provider.Delete(t.Context(), request)
			var succeeded []string
			for i, err := range []error{createErr, updateErr, deleteErr} {
				if err == nil {
					succeeded = append(succeeded, []string{"create", "update", "delete"}[i])
				} else if _, ok := errors.AsType[*resource.Failure](err); !ok {
					t.Errorf("it fails as no handler does: %v", err)
				}
			}
			if diff := cmp.Diff(test.want, succeeded); diff != "" {
				t.Error(diff)
			}
			if diff := cmp.Diff(test.done, inner.deeds); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestWhatIsStuckGoesOnWhenTheFaultIsClearedOrTheOperationEnds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var set fault.Set
		add(t, &set, fault.Rule{Resource: &fault.Resource{}, Effect: fault.Stuck, Delay: fault.Duration(time.Hour)})
		provider := set.Wrap(&recorder{}, clock.Clock{Speed: 60})
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(map[string]error)
		started := time.Now()
		begin := func(ctx context.Context, name string) {
			go func() {
				_, err := provider.Create(ctx, resource.Request{LogicalID: name})
				ended[name] = err
			}()
			synctest.Wait()
		}
		begin(ctx, "cancelled")
		begin(t.Context(), "cleared")
		time.Sleep(time.Hour)
		synctest.Wait()
		if len(ended) != 0 {
			t.Fatalf("not stuck: %v", ended)
		}
		cancel()
		synctest.Wait()
		if err := ended["cancelled"]; !errors.Is(err, context.Canceled) || len(ended) != 1 {
			t.Errorf("after the operation's end: %v", ended)
		}
		set.Clear()
		synctest.Wait()
		if err, ok := ended["cleared"]; err != nil || !ok || time.Since(started) != time.Hour {
			t.Errorf("after the clearing: %v", ended)
		}
	})
}

func TestADelayOfAResourceIsTimeOfAWS(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var set fault.Set
		add(t, &set, fault.Rule{Resource: &fault.Resource{}, Effect: fault.Delay, Delay: fault.Duration(time.Hour)})
		started := time.Now()
		if err := set.Wrap(&recorder{}, clock.Clock{Speed: 60}).Delete(t.Context(), resource.Request{}); err != nil {
			t.Fatal(err)
		}
		if took := time.Since(started); took != time.Minute {
			t.Errorf("it took %s", took)
		}
	})
}
