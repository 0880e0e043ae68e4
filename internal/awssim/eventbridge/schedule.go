package eventbridge

import (
	"context"
	"errors"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// schedule tells when a rule comes next: the zero time if never.
type schedule interface {
	next(after time.Time) time.Time
}

var (
	errSchedule = errors.New("not a schedule expression")

	rateForm = regexp.MustCompile(`^rate\((\d+) (minute|minutes|hour|hours|day|days)\)$`)
	cronForm = regexp.MustCompile(`^cron\(([^)]*)\)$`)
)

// rate is a schedule of equal distances.
type rate time.Duration

func (r rate) next(after time.Time) time.Time { return after.Add(time.Duration(r)) }

// readSchedule reads "rate(5 minutes)" or "cron(0 12 * * ? *)".
func readSchedule(text string) (schedule, error) {
	if found := rateForm.FindStringSubmatch(text); found != nil {
		number, err := strconv.Atoi(found[1])
		plural := strings.HasSuffix(found[2], "s")
		if err != nil || number < 1 || plural != (number > 1) { // a singular for one, a plural for more (user guide)
			return nil, errSchedule
		}
		const hours = 24
		unit := map[string]time.Duration{
			"minute": time.Minute, "hour": time.Hour, "day": hours * time.Hour,
		}[strings.TrimSuffix(found[2], "s")]
		if time.Duration(number) > math.MaxInt64/unit {
			return nil, errSchedule // it would come all the time
		}
		return rate(time.Duration(number) * unit), nil
	}
	if found := cronForm.FindStringSubmatch(text); found != nil {
		return readCron(strings.Fields(found[1]))
	}
	return nil, errSchedule
}

// cron is a schedule of a calendar: the values that each field may have.
type cron struct{ minutes, hours, days, months, weekdays, years []int }

// readCron reads minutes, hours, day of the month, months, day of the week (1 is Sunday) and year, all in UTC. The
// letters L, W and # are not read.
func readCron(fields []string) (schedule, error) {
	const count, firstYear, lastYear, lastMinute, lastHour, lastDay, lastMonth, lastWeekday = 6, 1970, 2199, 59, 23, 31, 12, 7
	if len(fields) != count || (fields[2] == "?") == (fields[4] == "?") {
		return nil, errSchedule
	}
	read := &cron{}
	for i, part := range []struct {
		into        *[]int
		least, most int
		names       string
	}{
		{&read.minutes, 0, lastMinute, ""},
		{&read.hours, 0, lastHour, ""},
		{&read.days, 1, lastDay, ""},
		{&read.months, 1, lastMonth, "JAN FEB MAR APR MAY JUN JUL AUG SEP OCT NOV DEC"},
		{&read.weekdays, 1, lastWeekday, "SUN MON TUE WED THU FRI SAT"},
		{&read.years, firstYear, lastYear, ""},
	} {
		values, err := readField(fields[i], part.least, part.most, strings.Fields(part.names))
		if err != nil {
			return nil, err
		}
		*part.into = values
	}
	return read, nil
}

// readField reads "*", "?", "5", "1-5", "0/15" or several with commas.
func readField(text string, least, most int, names []string) ([]int, error) {
	var values []int
	number := func(text string) (int, error) {
		if at := slices.Index(names, strings.ToUpper(text)); at >= 0 {
			return at + least, nil
		}
		value, err := strconv.Atoi(text)
		if err != nil || value < least || value > most {
			return 0, errSchedule
		}
		return value, nil
	}
	for part := range strings.SplitSeq(text, ",") {
		span, step, stepped := strings.Cut(part, "/")
		from, to, every := least, most, 1
		first, last, ranged := strings.Cut(span, "-")
		var err, wrong, bad error
		if span != "*" && span != "?" {
			from, err = number(first)
			if to = from; ranged {
				to, wrong = number(last)
			} else if stepped {
				to = most
			}
		}
		if stepped {
			every, bad = strconv.Atoi(step)
		}
		if err != nil || wrong != nil || bad != nil || every < 1 || to < from {
			return nil, fmt.Errorf("%w: %s", errSchedule, part)
		}
		for value := from; value <= to; value += every {
			values = append(values, value)
		}
	}
	return values, nil
}

// next looks day by day, then within the day. Eight years without a match (of a 29 February) are the end.
func (c *cron) next(after time.Time) time.Time {
	const horizon = 366 * 8
	from := after.UTC().Truncate(time.Minute).Add(time.Minute)
	day := time.Date(from.Year(), from.Month(), from.Day(), 0, 0, 0, 0, time.UTC)
	for range horizon {
		if slices.Contains(c.years, day.Year()) && slices.Contains(c.months, int(day.Month())) &&
			slices.Contains(c.days, day.Day()) && slices.Contains(c.weekdays, int(day.Weekday())+1) {
			for _, hour := range c.hours {
				for _, minute := range c.minutes {
					at := day.Add(time.Duration(hour)*time.Hour + time.Duration(minute)*time.Minute)
					if !at.Before(from) {
						return at
					}
				}
			}
		}
		day = day.AddDate(0, 0, 1)
	}
	return time.Time{}
}

// begin lets a rule with a schedule come. Call it locked.
func (s *Service) begin(r *rule) {
	read, err := readSchedule(r.schedule)
	if err != nil || r.state != enabled || s.life.Err() != nil {
		return
	}
	ctx, stop := context.WithCancel(s.life)
	r.stop = stop
	s.work.Go(func() { s.keep(ctx, r, read) })
}

// rest ends a rule's schedule. Call it locked.
func (r *rule) rest() {
	if r.stop != nil {
		r.stop()
		r.stop = nil
	}
}

// keep sends the events of a schedule. Time of AWS passes as fast as the simulator's clock says; where it leaves waits
// out, schedules keep real time, for they would never rest.
func (s *Service) keep(ctx context.Context, r *rule, of schedule) {
	pace := s.Clock
	if pace.Speed <= 0 {
		pace.Speed = 1
	}
	for now := time.Now().UTC(); ; {
		due := of.next(now)
		if due.IsZero() || pace.Sleep(ctx, due.Sub(now)) != nil {
			return
		}
		now = due
		s.mu.Lock()
		if ctx.Err() == nil {
			s.come(r, due)
		}
		s.mu.Unlock()
	}
}

// come sends the event of a schedule to the rule's targets. Call it locked.
func (s *Service) come(r *rule, at time.Time) {
	made := envelopeOf(r.Place, "aws.events", "Scheduled Event", "{}", []string{r.arn()}, at)
	members := map[string]any{
		"version": made.Version, "id": made.ID, "detail-type": made.DetailType, "source": made.Source, "account": made.Account,
		"time": made.Time, "region": made.Region, "resources": []any{r.arn()}, "detail": map[string]any{},
	}
	s.send(r, members, encode(made))
}
