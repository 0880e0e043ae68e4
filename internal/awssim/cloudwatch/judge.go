package cloudwatch

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
)

// verdict is what an evaluation came to: a state, or none if the alarm keeps the one it has.
type verdict struct {
	state   string
	real    []reading // that were looked at, the newest first
	range_  []reading // of the evaluation periods, missing ones included
	absent  int       // periods that had no data and were needed
	treated string    // as what missing data counted; "" if it did not
}

// judge decides as the user guide says ("How alarm state is evaluated when data is missing"): the newest data of the
// evaluation range count, as many as there are evaluation periods; only if there are fewer does missing data matter.
func (a *alarm) judge(newestFirst []reading) verdict {
	periods, needed := *a.EvaluationPeriods, a.needed()
	decided := verdict{range_: newestFirst[:periods]}
	for _, one := range newestFirst {
		if !one.missing() && len(decided.real) < periods {
			decided.real = append(decided.real, one)
		}
	}
	decided.absent = periods - len(decided.real)
	bad := 0
	for _, one := range decided.real {
		if one.breach {
			bad++
		}
	}
	good := len(decided.real) - bad
	switch {
	case bad >= needed:
		decided.state = stateAlarm
	case good > periods-needed || decided.absent == 0:
		decided.state = stateOK
	default:
		a.judgeMissing(&decided, newestFirst, bad, good)
	}
	return decided
}

// needed is how many breaching data points make an alarm.
func (a *alarm) needed() int {
	if a.DatapointsToAlarm != nil {
		return *a.DatapointsToAlarm
	}
	return *a.EvaluationPeriods
}

// judgeMissing decides where the data alone do not.
func (a *alarm) judgeMissing(decided *verdict, newestFirst []reading, bad, good int) {
	switch a.TreatMissingData {
	case breaching:
		decided.treated, decided.state = "Breaching", stateOK
		if bad+decided.absent >= a.needed() {
			decided.state = stateAlarm
		}
		return
	case notBreaching:
		decided.treated, decided.state = "NonBreaching", stateOK
		return
	}
	oldest := slices.IndexFunc(newestFirst, func(r reading) bool { return !r.missing() && r.breach })
	for i, one := range newestFirst {
		if one.breach {
			oldest = i
		}
	}
	switch {
	case good > 0:
		decided.state = stateOK
	case a.TreatMissingData == ignore:
	case bad == 0:
		decided.state = stateInsufficient
	case oldest+1 >= a.needed():
		decided.state = stateAlarm
	}
}

// Limits of what reasons list.
const maxListed = 5

// reason words a verdict as the service does.
func (v verdict) reason(a *alarm) string {
	if v.state == stateInsufficient {
		return fmt.Sprintf("Insufficient Data: %s unknown.", counted(v.absent, "datapoint", "was", "were"))
	}
	told := slices.DeleteFunc(slices.Clone(v.real), func(r reading) bool { return r.breach != (v.state == stateAlarm) })
	treated := ""
	if v.treated != "" {
		treated = fmt.Sprintf("%s treated as [%s]", counted(v.absent, "missing datapoint", "was", "were"), v.treated)
	}
	if len(told) == 0 {
		plural := "s"
		if v.absent == 1 {
			plural = ""
		}
		return fmt.Sprintf("Threshold Crossed: no datapoints were received for %d period%s and %s.", v.absent, plural, treated)
	}
	text := "Threshold Crossed: " + v.crossed(a, told)
	if treated != "" {
		text += " and " + treated
	}
	if a.DatapointsToAlarm == nil {
		return text + "." + recent(told)
	}
	least, transition := a.needed(), "OK -> ALARM"
	if v.state == stateOK {
		least, transition = *a.EvaluationPeriods-a.needed()+1, "ALARM -> OK"
	}
	plural := "s"
	if least == 1 {
		plural = ""
	}
	return fmt.Sprintf("%s (minimum %d datapoint%s for %s transition).", text, least, plural, transition)
}

// crossed tells which data are beyond the threshold, or not.
func (v verdict) crossed(a *alarm, told []reading) string {
	count := counted(len(told), "datapoint", "", "")
	if a.DatapointsToAlarm != nil {
		count = fmt.Sprintf("%d out of the last %d datapoints ", len(told), *a.EvaluationPeriods)
	}
	if a.DatapointsToAlarm != nil || len(told) <= maxListed {
		count += list(told) + " "
	}
	verb, not := "were", ""
	if len(told) == 1 {
		verb = "was"
	}
	if v.state == stateOK {
		not = "not "
	}
	return fmt.Sprintf("%s%s %s%s the threshold (%s)", count, verb, not, comparisons()[a.ComparisonOperator].words,
		javaDouble(*a.Threshold))
}

// recent lists the newest of data that were too many to be listed.
func recent(told []reading) string {
	if len(told) <= maxListed {
		return ""
	}
	return " The most recent datapoints which crossed the threshold: " + list(told) + "."
}

func list(told []reading) string {
	listed := make([]string, 0, maxListed)
	for _, one := range told[:min(len(told), maxListed)] {
		listed = append(listed, fmt.Sprintf("%s (%s)", javaDouble(one.value), one.from.UTC().Format("02/01/06 15:04:05")))
	}
	return "[" + strings.Join(listed, ", ") + "]"
}

func counted(count int, what, singular, plural string) string {
	if count == 1 {
		return fmt.Sprintf("%d %s %s", count, what, singular)
	}
	return fmt.Sprintf("%d %ss %s", count, what, plural)
}

// javaDouble writes a number as the service's texts and JSON have it: 2.0, 1.0E7.
func javaDouble(n float64) string {
	const small, large = 1e-3, 1e7
	if size := math.Abs(n); n != 0 && (size < small || size >= large) {
		text := strconv.FormatFloat(n, 'E', -1, 64)
		mantissa, exponent, _ := strings.Cut(text, "E")
		if !strings.Contains(mantissa, ".") {
			mantissa += ".0"
		}
		power, _ := strconv.Atoi(exponent) // FormatFloat wrote it
		return mantissa + "E" + strconv.Itoa(power)
	}
	text := strconv.FormatFloat(n, 'f', -1, 64)
	if !strings.Contains(text, ".") {
		text += ".0"
	}
	return text
}

// double is a number in the service's JSON.
type double float64

// MarshalJSON writes the number with a decimal point.
func (d double) MarshalJSON() ([]byte, error) { return []byte(javaDouble(float64(d))), nil }

// jsonTime is how the service's JSON writes times.
const jsonTime = "2006-01-02T15:04:05.000-0700"

type evaluatedPoint struct {
	Timestamp   string  `json:"timestamp"`
	SampleCount *double `json:"sampleCount,omitempty"`
	Value       *double `json:"value,omitempty"`
}

type reasonData struct {
	Version             string           `json:"version"`
	QueryDate           string           `json:"queryDate"`
	StartDate           string           `json:"startDate,omitempty"`
	Unit                string           `json:"unit,omitempty"`
	Statistic           string           `json:"statistic,omitempty"`
	Period              int              `json:"period"`
	RecentDatapoints    []double         `json:"recentDatapoints"`
	Threshold           double           `json:"threshold"`
	EvaluatedDatapoints []evaluatedPoint `json:"evaluatedDatapoints"`
}

// data is the machine-readable part of a reason.
func (v verdict) data(a *alarm, now time.Time) string {
	told := reasonData{
		Version: "1.0", QueryDate: now.Format(jsonTime), Unit: a.Unit, Statistic: a.Statistic,
		Period: int(a.watched.period.Seconds()), Threshold: double(*a.Threshold), RecentDatapoints: []double{},
		EvaluatedDatapoints: []evaluatedPoint{},
	}
	for _, one := range slices.Backward(v.real) {
		told.RecentDatapoints = append(told.RecentDatapoints, double(one.value))
	}
	if len(v.real) > 0 {
		told.StartDate = v.real[len(v.real)-1].from.Format(jsonTime)
	}
	evaluated := v.range_
	if len(v.real) == len(v.range_) {
		evaluated = v.real
	}
	for _, one := range evaluated {
		point := evaluatedPoint{Timestamp: one.from.Format(jsonTime)}
		if !one.missing() {
			value := double(one.value)
			point.Value = &value
			if one.count > 0 {
				count := double(one.count)
				point.SampleCount = &count
			}
		}
		told.EvaluatedDatapoints = append(told.EvaluatedDatapoints, point)
	}
	return compactJSON(told)
}

// compactJSON encodes what always encodes.
func compactJSON(value any) string {
	var text strings.Builder
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	_ = encoder.Encode(value) //nolint:errchkjson // our own types
	return strings.TrimRight(text.String(), "\n")
}
