package estimate

import (
	"encoding/json"
	"fmt"
	"math"
	"strconv"

	"gonum.org/v1/gonum/stat/distuv"
)

// Confidence is the coverage that every interval of calorimeter claims unless it says otherwise.
const Confidence = 0.95

// Estimate is a measured number with what is needed to trust it, or not to.
//
// A number that could not be estimated has Value NaN and at least one warning that gives the reason; it is printed as
// an empty field, never as 0. SE, Lo and Hi are NaN where the value is known but its error is not; Lo and Hi alone
// where only the part of the error is known that sampling makes.
type Estimate struct {
	Value      float64  // the estimate; NaN if there is none
	SE         float64  // its standard error; NaN if unknown
	Lo, Hi     float64  // the interval; NaN if unknown
	Confidence float64  // the coverage claimed for [Lo, Hi], e.g. 0.95; 0 where there is no interval
	N          float64  // effective number of independent units behind Value; 0 if not applicable
	Warnings   []string // reasons not to take the number at face value
}

// Exact returns an estimate that is known without error, such as the free energy of a normalised model.
func Exact(v float64) Estimate {
	return Estimate{Value: v, SE: 0, Lo: v, Hi: v, Confidence: 1}
}

// Point returns a value whose error is unknown, for the given reason.
func Point(v float64, reason string) Estimate {
	e := Unknown("%s", reason)
	e.Value = v
	return e
}

// Unknown returns the estimate that says only why there is none. It panics on an empty reason.
func Unknown(format string, args ...any) Estimate {
	if format == "" {
		panic("estimate: Unknown needs a reason")
	}
	nan := math.NaN()
	return Estimate{Value: nan, SE: nan, Lo: nan, Hi: nan, Warnings: []string{fmt.Sprintf(format, args...)}}
}

// Known reports whether there is a value at all.
func (e Estimate) Known() bool { return !math.IsNaN(e.Value) }

// StatedSE returns the standard error that the interval states: half its width over the normal deviate of its
// confidence (1.96 for 95 %). It is larger than SE where few units make SE itself uncertain, and is what distances are
// to be measured in where they are read as those of a normal distribution. NaN without an interval.
func (e Estimate) StatedSE() float64 {
	if !e.HasInterval() {
		return math.NaN()
	}
	return (e.Hi - e.Lo) / 2 / distuv.UnitNormal.Quantile(0.5+e.Confidence/2)
}

// HasInterval reports whether the value carries an interval.
func (e Estimate) HasInterval() bool { return !math.IsNaN(e.Lo) && !math.IsNaN(e.Hi) }

// Covers reports whether the interval holds v. It is false where there is no interval.
func (e Estimate) Covers(v float64) bool { return e.Lo <= v && v <= e.Hi }

// Z returns the distance of the estimate from a truth in standard errors, (Value - truth)/SE; NaN if SE is
// unknown or 0.
func (e Estimate) Z(truth float64) float64 {
	if e.SE == 0 {
		return math.NaN()
	}
	return (e.Value - truth) / e.SE
}

// Warn returns e with one more warning; e itself is not changed.
func (e Estimate) Warn(format string, args ...any) Estimate {
	e.Warnings = append(e.Warnings[:len(e.Warnings):len(e.Warnings)], fmt.Sprintf(format, args...))
	return e
}

// Scale returns a*e: value, error and interval multiplied by a (the ends swap where a is negative).
func (e Estimate) Scale(a float64) Estimate {
	e.Value, e.SE, e.Lo, e.Hi = a*e.Value, math.Abs(a)*e.SE, a*e.Lo, a*e.Hi
	if a < 0 {
		e.Lo, e.Hi = e.Hi, e.Lo
	}
	return e
}

// String prints "value [lo, hi]" with four significant digits, "value" without an interval, "~" without a value.
func (e Estimate) String() string {
	switch {
	case !e.Known():
		return "~"
	case !e.HasInterval():
		return fmt.Sprintf("%.4g", e.Value)
	}
	return fmt.Sprintf("%.4g [%.4g, %.4g]", e.Value, e.Lo, e.Hi)
}

// MarshalJSON writes unknown numbers as null: JSON has no NaN.
func (e Estimate) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct {
		Value      number   `json:"value"`
		SE         number   `json:"se"`
		Lo         number   `json:"lo"`
		Hi         number   `json:"hi"`
		Confidence number   `json:"confidence"`
		N          number   `json:"n"`
		Warnings   []string `json:"warnings,omitempty"`
	}{number(e.Value), number(e.SE), number(e.Lo), number(e.Hi), number(e.Confidence), number(e.N), e.Warnings})
}

// number is a float64 whose JSON form is null where it is not finite.
type number float64

func (x number) MarshalJSON() ([]byte, error) {
	if math.IsNaN(float64(x)) || math.IsInf(float64(x), 0) {
		return []byte("null"), nil
	}
	return strconv.AppendFloat(nil, float64(x), 'g', -1, 64), nil
}
