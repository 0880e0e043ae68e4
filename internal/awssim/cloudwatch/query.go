package cloudwatch

import (
	"math"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/resource"
)

// metricStat is a metric, its statistic and its period, as the API writes it.
type metricStat struct {
	Metric metricName
	Period *int
	Stat   string
	Unit   string `json:",omitempty"`
}

// metricDataQuery is a metric or an expression, as the API writes it.
type metricDataQuery struct {
	Id         string      //nolint:staticcheck // as the API writes it
	MetricStat *metricStat `json:",omitempty"`
	Expression string      `json:",omitempty"`
	Label      string      `json:",omitempty"`
	ReturnData *bool       `json:",omitempty"`
	Period     *int        `json:",omitempty"`
}

// query is a metricDataQuery that was understood.
type query struct {
	metricDataQuery

	statistic  statistic
	expression expression
	period     time.Duration
}

func (q *query) returned() bool { return q.ReturnData == nil || *q.ReturnData }

// queries are those of one request or alarm.
type queries struct {
	list []*query
	byID map[string]*query
}

var queryID = regexp.MustCompile(`^[a-z][a-zA-Z0-9_]{0,254}$`)

// parseQueries checks queries and reads their expressions.
func parseQueries(given []metricDataQuery) (*queries, error) {
	all := &queries{byID: make(map[string]*query)}
	for _, one := range given {
		if !queryID.MatchString(one.Id) {
			return nil, errValidation("The value %s for parameter MetricDataQueries.Id is not matching the expected pattern "+
				"^[a-z][a-zA-Z0-9_]*$.", one.Id)
		}
		if all.byID[one.Id] != nil {
			return nil, errValidation("The values for parameter id in MetricDataQueries are not unique.")
		}
		made := &query{metricDataQuery: one}
		if err := made.parse(); err != nil {
			return nil, err
		}
		all.list = append(all.list, made)
		all.byID[one.Id] = made
	}
	for _, one := range all.list {
		if err := all.settle(one, nil); err != nil {
			return nil, err
		}
	}
	return all, nil
}

func (q *query) parse() error {
	switch {
	case q.MetricStat != nil && q.Expression != "":
		return errValidation("Exactly one of MetricStat and Expression must be given in the query %s.", q.Id)
	case q.MetricStat != nil:
		return q.parseStat()
	case q.Expression == "":
		return errValidation("Either MetricStat or Expression must be given in the query %s.", q.Id)
	}
	parsed, err := parseExpression(q.Expression)
	if err != nil {
		return errValidation("Error in expression '%s': %v", q.Id, err)
	}
	q.expression = parsed
	return nil
}

func (q *query) parseStat() error {
	stat := q.MetricStat
	parsed, ok := parseStatistic(stat.Stat)
	if !ok {
		return unsupported("the statistic " + stat.Stat)
	}
	if stat.Period == nil || !validPeriod(*stat.Period) {
		return errValidation("The parameter Period must be a value of 1, 5, 10, 30, or any multiple of 60.")
	}
	if err := checkDimensions(stat.Metric.Dimensions, ""); err != nil {
		return err
	}
	if err := checkUnit(stat.Unit, "Unit"); err != nil {
		return err
	}
	q.statistic, q.period = parsed, time.Duration(*stat.Period)*time.Second
	return nil
}

// settle finds an expression's period: that of the metrics it works on.
func (q *queries) settle(one *query, above []string) error {
	if one.period > 0 {
		return nil
	}
	if slices.Contains(above, one.Id) {
		return errValidation("Error in expression '%s': it refers to itself", one.Id)
	}
	refs := slices.Clone(one.expression.refs)
	if one.expression.all {
		refs = append(refs, q.metrics()...)
	}
	for _, id := range refs {
		below := q.byID[id]
		if below == nil {
			return errValidation("Error in expression '%s': there is no query with the id %s", one.Id, id)
		}
		if err := q.settle(below, append(above, one.Id)); err != nil {
			return err
		}
		if one.period > 0 && below.period != one.period {
			return unsupported("metrics of different periods in the expression " + one.Id)
		}
		one.period = below.period
	}
	if one.period == 0 {
		return unsupported("the expression " + one.Id + ", which works on no metric")
	}
	return nil
}

// metrics returns the ids of the queries that are metrics.
func (q *queries) metrics() []string {
	var ids []string
	for _, one := range q.list {
		if one.MetricStat != nil {
			ids = append(ids, one.Id)
		}
	}
	return ids
}

// result is what a query makes: a point for each window, of which NaN ones are missing, and the sample count of each.
type result struct {
	points []float64
	counts []float64
	units  []string
	many   bool // it made several time series
}

// evaluate makes the points of a query. Call it locked.
func (s *Service) evaluate(place resource.Place, all *queries, one *query, windows []window) result {
	if one.MetricStat != nil {
		return s.measure(place, one, windows)
	}
	made := one.expression.node(scope{
		lookup: func(id string) value {
			return value{points: s.evaluate(place, all, all.byID[id], windows).points}
		},
		metrics: all.metrics(), seconds: one.period.Seconds(),
	})
	points := make([]float64, len(windows))
	for i := range points {
		points[i] = made.at(i)
	}
	return result{points: points, many: made.list != nil}
}

// measure makes the points of a metric: of data in several units those of the first, by name.
func (s *Service) measure(place resource.Place, one *query, windows []window) result {
	metric := one.MetricStat.Metric
	from := s.series[keyOf(place, metric.Namespace, metric.MetricName, metric.Dimensions)]
	measured := result{points: make([]float64, len(windows)), counts: make([]float64, len(windows))}
	unit := one.MetricStat.Unit
	if unit == "" && len(windows) > 0 {
		span := window{from: windows[0].from, to: windows[len(windows)-1].to}
		if measured.units = units(from.within(span, "")); len(measured.units) > 0 {
			unit = measured.units[0]
		}
	}
	for i, each := range windows {
		samples := from.within(each, unit)
		measured.points[i] = math.NaN()
		if point, ok := one.statistic.of(samples); ok {
			measured.points[i] = point
		}
		measured.counts[i], _ = statistic{name: sampleCount}.of(samples)
	}
	return measured
}

// label is what a query's result is called.
func (q *query) label() string {
	switch {
	case q.Label != "":
		return q.Label
	case q.MetricStat != nil:
		return strings.TrimSpace(q.MetricStat.Metric.MetricName)
	default:
		return q.Id
	}
}
