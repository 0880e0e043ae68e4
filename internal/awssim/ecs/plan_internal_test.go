package ecs

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// some returns tasks as a word describes them: h is healthy, r runs without being healthy, p is not yet running.
func some(prefix, tasks string) []taskView {
	var list []taskView
	for i, kind := range tasks {
		list = append(list, taskView{
			id: fmt.Sprintf("%s%d", prefix, i+1), running: kind != 'p', healthy: kind == 'h',
		})
	}
	return list
}

func TestNextSteps(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		desired, min, max int
		primary, old      string
		failed            bool
		want              steps
	}{
		"a new service starts all at once":                         {desired: 2, min: 100, max: 200, want: steps{start: 2}},
		"all as desired":                                           {desired: 2, min: 100, max: 200, primary: "hh", want: steps{}},
		"a missing task is replaced":                               {desired: 2, min: 100, max: 200, primary: "h", want: steps{start: 1}},
		"tasks that start count":                                   {desired: 2, min: 100, max: 200, primary: "hp", want: steps{}},
		"scaling in stops the newest":                              {desired: 1, min: 100, max: 200, primary: "hhh", want: steps{stop: []string{"new3", "new2"}}},
		"scaling in stops first what does not work":                {desired: 1, min: 100, max: 200, primary: "prh", want: steps{stop: []string{"new1", "new2"}}},
		"a rollout at 200 percent starts all new tasks":            {desired: 2, min: 100, max: 200, old: "hh", want: steps{start: 2}},
		"old tasks stay while new ones are not healthy":            {desired: 2, min: 100, max: 200, primary: "rp", old: "hh", want: steps{}},
		"each healthy new task sends an old one away":              {desired: 2, min: 100, max: 200, primary: "hr", old: "hh", want: steps{stop: []string{"old2"}}},
		"all healthy new tasks send all old ones away":             {desired: 2, min: 100, max: 200, primary: "hh", old: "hh", want: steps{stop: []string{"old2", "old1"}}},
		"old tasks that do not work go at once":                    {desired: 2, min: 100, max: 200, primary: "pp", old: "rp", want: steps{stop: []string{"old2", "old1"}}},
		"at 100 percent old tasks make room":                       {desired: 4, min: 50, max: 100, old: "hhhh", want: steps{stop: []string{"old4", "old3"}}},
		"in the room that was made new tasks start":                {desired: 4, min: 50, max: 100, old: "hh", want: steps{start: 2}},
		"the maximum is rounded down":                              {desired: 3, min: 100, max: 150, old: "hhh", want: steps{start: 1}},
		"the minimum is rounded up":                                {desired: 3, min: 50, max: 100, old: "hhh", want: steps{stop: []string{"old3"}}},
		"a failed deployment starts nothing and spares the old":    {desired: 2, min: 100, max: 200, primary: "r", old: "hh", failed: true, want: steps{}},
		"nothing desired stops all, new ones and old ones":         {desired: 0, min: 100, max: 200, primary: "hp", old: "h", want: steps{stop: []string{"new2", "new1", "old1"}}},
		"after a roll back the tasks of the failed deployment go":  {desired: 2, min: 100, max: 200, primary: "hh", old: "pr", want: steps{stop: []string{"old1", "old2"}}},
		"with more tasks than the maximum nothing is started":      {desired: 1, min: 0, max: 100, old: "hh", want: steps{stop: []string{"old2", "old1"}}},
		"a rollout with surplus stays within the maximum percent":  {desired: 2, min: 100, max: 200, primary: "p", old: "hh", want: steps{start: 1}},
		"a rollout that scales out counts old tasks with new ones": {desired: 4, min: 100, max: 200, old: "hh", want: steps{start: 4}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			looked := view{
				desired: test.desired, minPercent: test.min, maxPercent: test.max, failed: test.failed,
				primary: some("new", test.primary), old: some("old", test.old),
			}
			if diff := cmp.Diff(test.want, looked.next(), cmp.AllowUnexported(steps{})); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestThresholdOfTheCircuitBreaker(t *testing.T) {
	t.Parallel()
	for desired, want := range map[int]int{0: 3, 1: 3, 2: 3, 6: 3, 7: 4, 10: 5, 25: 13, 399: 200, 400: 200, 800: 200} {
		if got := (&threshold{byBoundedPercent, defaultThreshold}).failures(desired); got != want {
			t.Errorf("failures(%d) = %d, want %d", desired, got, want)
		}
	}
}

func TestFargateSizes(t *testing.T) {
	t.Parallel()
	for size, want := range map[[2]string]bool{
		{"256", "512"}: true, {"256", "2048"}: true, {"256", "4096"}: false, {"512", "512"}: false, {"512", "3072"}: true,
		{"1024", "8192"}: true, {"1024", "1536"}: false, {"4096", "30720"}: true, {"8192", "20480"}: true,
		{"8192", "17408"}: false, {"16384", "122880"}: true, {"300", "512"}: false, {"", ""}: false,
	} {
		if got := validSize(size[0], size[1]); got != want {
			t.Errorf("validSize(%s) = %t", size, got)
		}
	}
}
