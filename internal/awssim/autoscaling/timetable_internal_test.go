package autoscaling

import (
	"testing"
	"time"
)

func TestSchedulesHaveTheirMoments(t *testing.T) {
	t.Parallel()
	from := time.Date(2026, 11, 23, 10, 7, 30, 0, time.UTC) // a Monday
	cases := map[string]struct{ schedule, zone, want string }{
		"a moment":            {"at(2026-11-24T08:00:00)", "America/New_York", "2026-11-24T13:00:00Z"},
		"every five minutes":  {"rate(5 minutes)", "", "2026-11-23T10:12:30Z"},
		"every quarter":       {"cron(0/15 * * * ? *)", "", "2026-11-23T10:15:00Z"},
		"later today":         {"cron(30 18 ? * MON-FRI *)", "", "2026-11-23T18:30:00Z"},
		"tomorrow":            {"cron(0 9 * * ? *)", "", "2026-11-24T09:00:00Z"},
		"the first":           {"cron(0 0 1 JAN,FEB ? *)", "", "2027-01-01T00:00:00Z"},
		"in Tokyo":            {"cron(0 0 * * ? *)", "Asia/Tokyo", "2026-11-23T15:00:00Z"},
		"Sunday is the first": {"cron(0 0 ? * 1 *)", "", "2026-11-29T00:00:00Z"},
	}
	for name, test := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			parsed, err := parseSchedule(test.schedule, test.zone)
			if err != nil {
				t.Fatal(err)
			}
			next, ok := parsed.next(from, func(d time.Duration) time.Duration { return d })
			if got := next.UTC().Format(time.RFC3339); !ok || got != test.want {
				t.Errorf("the next one is %s, not %s", got, test.want)
			}
		})
	}
}

func TestSchedulesThatAreNone(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"", "at(noon)", "rate(5)", "rate(0 minutes)", "cron(* * *)", "cron(60 * * * ? *)", "cron(0 0 L * ? *)", "cron(0 5-1 * * ? *)", "daily",
	} {
		if _, err := parseSchedule(text, ""); err == nil {
			t.Errorf("%q is a schedule", text)
		}
	}
	if _, err := parseSchedule("rate(1 hour)", "Mars/Olympus"); err == nil {
		t.Error("Mars has a time zone")
	}
	over, err := parseSchedule("at(2020-01-01T00:00:00)", "")
	if err != nil {
		t.Fatal(err)
	}
	if _, ok := over.next(time.Now(), nil); ok {
		t.Error("what is over comes again")
	}
}

func FuzzSchedulesNeverPanic(f *testing.F) {
	f.Add("cron(0/15 1-5 ? JAN-MAR MON,TUE 2026)", "UTC")
	f.Add("rate(5 minutes)", "Europe/Berlin")
	f.Fuzz(func(_ *testing.T, text, zone string) {
		if parsed, err := parseSchedule(text, zone); err == nil {
			parsed.next(time.Unix(0, 0), func(d time.Duration) time.Duration { return d })
		}
	})
}
