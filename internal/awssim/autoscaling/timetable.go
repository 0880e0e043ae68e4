package autoscaling

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

// timetable knows the moments of a schedule.
type timetable interface {
	// next returns the first moment after another; false if there is none. scale says how long a wait of AWS lasts here.
	next(after time.Time, scale func(time.Duration) time.Duration) (time.Time, bool)
}

// parseSchedule reads at(yyyy-mm-ddThh:mm:ss), rate(5 minutes) or cron(fields), in a time zone.
func parseSchedule(text, zone string) (timetable, error) {
	place := time.UTC
	if zone != "" {
		found, err := time.LoadLocation(zone)
		if err != nil {
			return nil, errValidation("Invalid time zone: %s", zone)
		}
		place = found
	}
	kind, rest, ok := strings.Cut(text, "(")
	inner, closed := strings.CutSuffix(rest, ")")
	if !ok || !closed {
		return nil, errSchedule(text)
	}
	switch kind {
	case "at":
		moment, err := time.ParseInLocation("2006-01-02T15:04:05", inner, place)
		if err != nil {
			return nil, errSchedule(text)
		}
		return once{moment}, nil
	case "rate":
		return parseRate(text, inner)
	case "cron":
		return parseCron(text, inner, place)
	default:
		return nil, errSchedule(text)
	}
}

func errSchedule(text string) error { return errValidation("Invalid schedule expression: %s", text) }

// once is a single moment.
type once struct{ at time.Time }

func (o once) next(after time.Time, _ func(time.Duration) time.Duration) (time.Time, bool) {
	return o.at, o.at.After(after)
}

// rate comes again and again.
type rate struct{ every time.Duration }

func (r rate) next(after time.Time, scale func(time.Duration) time.Duration) (time.Time, bool) {
	return after.Add(scale(r.every)), true
}

func parseRate(text, inner string) (timetable, error) {
	number, unit, ok := strings.Cut(inner, " ")
	count, err := strconv.Atoi(number)
	const day = 24 * time.Hour
	each, known := map[string]time.Duration{"minute": time.Minute, "hour": time.Hour, "day": day}[strings.TrimSuffix(unit, "s")]
	if !ok || err != nil || count < 1 || !known || count > int(10*365*day/each) {
		return nil, errSchedule(text)
	}
	return rate{time.Duration(count) * each}, nil
}

// cron has minutes, hours, days of the month, months, days of the week and years, all of which must match.
type cron struct {
	place                                         *time.Location
	minutes, hours, days, months, weekdays, years []bool
}

// Bounds of cron's fields.
const (
	firstYear = 1970
	lastYear  = 2199
)

func parseCron(text, inner string, place *time.Location) (timetable, error) {
	fields := strings.Fields(inner)
	const count = 6
	if len(fields) != count {
		return nil, errSchedule(text)
	}
	made := cron{place: place}
	months := []string{"JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"}
	weekdays := []string{"SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"}
	for i, field := range []struct {
		into        *[]bool
		first, last int
		names       []string
	}{
		{&made.minutes, 0, 59, nil},
		{&made.hours, 0, 23, nil},
		{&made.days, 1, 31, nil},
		{&made.months, 1, 12, months},
		{&made.weekdays, 1, 7, weekdays},
		{&made.years, firstYear, lastYear, nil},
	} {
		if strings.ContainsAny(strings.Trim(fields[i], "ABCDEFGHIJKMNOPQRSTUVXYZ"), "LW#") && field.names == nil {
			return nil, unsupported("L, W and # in the schedule " + text)
		}
		allowed, ok := parseField(fields[i], field.first, field.last, field.names)
		if !ok {
			return nil, errSchedule(text)
		}
		*field.into = allowed
	}
	return made, nil
}

// parseField reads *, ?, 5, 1-5, MON-FRI, 0/15 and lists of them.
func parseField(text string, first, last int, names []string) ([]bool, bool) {
	allowed := make([]bool, last+1)
	value := func(text string) (int, bool) {
		if at := slices.Index(names, text); at >= 0 {
			return at + first, true
		}
		number, err := strconv.Atoi(text)
		return number, err == nil && number >= first && number <= last
	}
	for part := range strings.SplitSeq(text, ",") {
		span, stepText, stepped := strings.Cut(part, "/")
		from, to, ok := first, last, true
		if span != "*" && span != "?" {
			low, high, ranged := strings.Cut(span, "-")
			if from, ok = value(low); !ok {
				return nil, false
			}
			switch {
			case ranged:
				to, ok = value(high)
			case !stepped:
				to = from
			}
		}
		step := 1
		if stepped {
			var err error
			if step, err = strconv.Atoi(stepText); err != nil || step < 1 {
				return nil, false
			}
		}
		if !ok || from > to {
			return nil, false
		}
		for i := from; i <= to; i += step {
			allowed[i] = true
		}
	}
	return allowed, true
}

func (c cron) matchesDay(day time.Time) bool {
	return day.Year() <= lastYear && c.years[day.Year()] && c.months[day.Month()] && c.days[day.Day()] &&
		c.weekdays[int(day.Weekday())+1]
}

func (c cron) next(after time.Time, _ func(time.Duration) time.Duration) (time.Time, bool) {
	local := after.In(c.place)
	day := time.Date(local.Year(), local.Month(), local.Day(), 0, 0, 0, 0, c.place)
	for ; day.Year() <= lastYear; day = day.AddDate(0, 0, 1) {
		if !c.matchesDay(day) {
			continue
		}
		for hour := range c.hours {
			for minute := range c.minutes {
				moment := time.Date(day.Year(), day.Month(), day.Day(), hour, minute, 0, 0, c.place)
				if c.hours[hour] && c.minutes[minute] && moment.After(after) {
					return moment, true
				}
			}
		}
	}
	return time.Time{}, false
}
