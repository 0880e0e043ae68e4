package cloudwatch

import (
	"math"
	"slices"
)

// value is what a metric math expression makes: one number, or one for each period of which NaN ones are missing.
// Several time series are a list.
type value struct {
	points []float64
	scalar bool
	list   []value
}

func number(n float64) value { return value{points: []float64{n}, scalar: true} }

// at returns the value in a period; a list of series has none.
func (v value) at(i int) float64 {
	if v.scalar {
		return v.points[0]
	}
	if i >= len(v.points) {
		return math.NaN()
	}
	return v.points[i]
}

// apply works on two values period by period. Where one is missing, so is the result.
func apply(a, b value, work func(x, y float64) float64) value {
	if a.scalar && b.scalar {
		return number(finite(work(a.points[0], b.points[0])))
	}
	points := make([]float64, max(a.length(), b.length()))
	for i := range points {
		points[i] = math.NaN()
		if x, y := a.at(i), b.at(i); !math.IsNaN(x) && !math.IsNaN(y) {
			points[i] = finite(work(x, y))
		}
	}
	return value{points: points}
}

func (v value) length() int {
	if v.scalar {
		return 0
	}
	return len(v.points)
}

// finite turns what is no number, such as a division by zero, into a missing point.
func finite(n float64) float64 {
	if math.IsInf(n, 0) {
		return math.NaN()
	}
	return n
}

// each works on one value period by period.
func each(a value, work func(x float64) float64) value {
	return apply(a, number(0), func(x, _ float64) float64 { return work(x) })
}

// present returns the points of a series that are not missing.
func present(points []float64) []float64 {
	return slices.DeleteFunc(slices.Clone(points), math.IsNaN)
}

// fold makes one number of a series, or one series of a list of them ("Using metric math", user guide).
func fold(a value, work func(points []float64) float64) value {
	if a.list == nil {
		return number(work(present(a.points)))
	}
	length := 0
	for _, one := range a.list {
		length = max(length, one.length())
	}
	points := make([]float64, length)
	for i := range points {
		var column []float64
		for _, one := range a.list {
			column = append(column, one.at(i))
		}
		points[i] = work(present(column))
	}
	return value{points: points}
}

func sumOf(points []float64) float64 {
	if len(points) == 0 {
		return math.NaN()
	}
	total := 0.0
	for _, point := range points {
		total += point
	}
	return total
}

func averageOf(points []float64) float64 { return sumOf(points) / float64(len(points)) }

func minOf(points []float64) float64 {
	if len(points) == 0 {
		return math.NaN()
	}
	return slices.Min(points)
}

func maxOf(points []float64) float64 {
	if len(points) == 0 {
		return math.NaN()
	}
	return slices.Max(points)
}

// differences returns how much each point differs from the one before, divided by so many seconds.
func differences(a value, seconds float64) value {
	points := make([]float64, a.length())
	last := math.NaN()
	for i := range points {
		points[i] = (a.points[i] - last) / seconds
		last = a.points[i]
	}
	return value{points: points}
}

// fill replaces missing points by a number, or by the point before if that is NaN.
func fill(a, by value) value {
	points := slices.Clone(a.points)
	for i := range points {
		switch {
		case !math.IsNaN(points[i]):
		case !math.IsNaN(by.at(i)):
			points[i] = by.at(i)
		case i > 0:
			points[i] = points[i-1]
		}
	}
	return value{points: points, scalar: a.scalar}
}

func truth(holds bool) float64 {
	if holds {
		return 1
	}
	return 0
}
