package eventbridge

import (
	"testing"
	"time"
)

func TestSchedulesComeWhenTheyShould(t *testing.T) {
	t.Parallel()
	after := time.Date(2026, 2, 27, 23, 59, 30, 0, time.UTC) // a Friday
	cases := map[string]string{
		"rate(1 minute)":             "2026-02-28T00:00:30Z",
		"rate(2 hours)":              "2026-02-28T01:59:30Z",
		"cron(0 12 * * ? *)":         "2026-02-28T12:00:00Z",
		"cron(0/15 * * * ? *)":       "2026-02-28T00:00:00Z",
		"cron(0 8 1 * ? *)":          "2026-03-01T08:00:00Z",
		"cron(0 18 ? * MON-FRI *)":   "2026-03-02T18:00:00Z",
		"cron(5,10 9 ? 3 1 2026)":    "2026-03-01T09:05:00Z",
		"cron(30 6 29 FEB ? *)":      "2028-02-29T06:30:00Z",
		"cron(0 10 ? JAN-DEC/2 2 *)": "2026-03-02T10:00:00Z",
	}
	for text, want := range cases {
		t.Run(text, func(t *testing.T) {
			t.Parallel()
			read, err := readSchedule(text)
			if err != nil {
				t.Fatal(err)
			}
			if got := read.next(after).Format(time.RFC3339); got != want {
				t.Errorf("comes at %s, want %s", got, want)
			}
		})
	}
}

func TestSchedulesThatAreNoneAreRefused(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"", "rate(1 minutes)", "rate(5 minute)", "rate(0 minutes)", "rate(5 weeks)", "cron(0 12 * * * *)", "cron(60 12 * * ? *)",
		"cron(0 12 * * ?)", "rate(200000 days)", "cron(0 12 L * ? *)", "at(2026-01-01T00:00:00)",
	} {
		if _, err := readSchedule(text); err == nil {
			t.Errorf("%q is read", text)
		}
	}
}

func TestACalendarEnds(t *testing.T) {
	t.Parallel()
	read, err := readSchedule("cron(0 12 1 1 ? 2026)")
	if err != nil {
		t.Fatal(err)
	}
	if got := read.next(time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)); !got.IsZero() {
		t.Errorf("it comes again at %s", got)
	}
}
