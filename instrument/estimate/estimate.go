package estimate

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"

	"gonum.org/v1/gonum/floats"
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
	// Units are the values of the independent units whose mean Value is, or the pseudo-values of a jackknife, where the
	// units are few and known one by one: what [Paired] needs. nil elsewhere.
	Units []float64
	// Kinds tells warnings apart whatever the numbers in them: Kinds[i] is what Warnings[i] was formatted from. Records
	// merge warnings of one kind. It may be shorter than Warnings; see [Estimate.Kind].
	Kinds []string
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

// Bare returns a value that has no error to state, such as the largest of what was seen.
func Bare(v float64) Estimate {
	nan := math.NaN()
	return Estimate{Value: v, SE: nan, Lo: nan, Hi: nan}
}

// Unknown returns the estimate that says only why there is none. It panics on an empty reason.
func Unknown(format string, args ...any) Estimate {
	if format == "" {
		panic("estimate: Unknown needs a reason")
	}
	nan := math.NaN()
	e := Estimate{Value: nan, SE: nan, Lo: nan, Hi: nan}
	return e.Warn(format, args...)
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

// said is a number as a text has it: in words where it is not finite.
type said float64

// Format implements fmt.Formatter.
func (x said) Format(s fmt.State, verb rune) {
	switch v := float64(x); {
	case math.IsNaN(v):
		io.WriteString(s, "unknown")
	case math.IsInf(v, 1):
		io.WriteString(s, "infinite")
	case math.IsInf(v, -1):
		io.WriteString(s, "-infinite")
	default:
		fmt.Fprintf(s, fmt.FormatString(s, verb), v)
	}
}

// Warn returns e with one more warning; e itself is not changed. Numbers among the arguments that are not finite are
// given in words, "unknown" and "infinite".
func (e Estimate) Warn(format string, args ...any) Estimate {
	args = slices.Clone(args)
	for i, a := range args {
		if v, ok := a.(float64); ok {
			args[i] = said(v)
		}
	}
	kinds := make([]string, 0, len(e.Warnings)+1)
	for i := range e.Warnings {
		kinds = append(kinds, e.Kind(i))
	}
	kind := format
	if format == "%s" || format == "%v" { // a text that was made elsewhere
		kind = fmt.Sprintf(format, args...)
	}
	e.Warnings = append(e.Warnings[:len(e.Warnings):len(e.Warnings)], fmt.Sprintf(format, args...))
	e.Kinds = append(kinds, kind)
	return e
}

// WarnAs returns e with the warnings of other estimates added to its own, each kind once, with the numbers of the first
// that has it; e itself is not changed.
func (e Estimate) WarnAs(others ...Estimate) Estimate {
	seen := map[string]bool{}
	for i := range e.Warnings {
		seen[e.Kind(i)] = true
	}
	for _, other := range others {
		for i, text := range other.Warnings {
			kind := other.Kind(i)
			if seen[kind] {
				continue
			}
			seen[kind] = true
			e = e.Warn("%s", text)
			e.Kinds[len(e.Kinds)-1] = kind
		}
	}
	return e
}

// Kind returns what tells warning i from others whatever its numbers: the text itself where no kind was noted.
func (e Estimate) Kind(i int) string {
	if i < len(e.Kinds) {
		return e.Kinds[i]
	}
	return e.Warnings[i]
}

// Scale returns a*e: value, error, interval and units multiplied by a (the ends swap where a is negative).
func (e Estimate) Scale(a float64) Estimate {
	e.Value, e.SE = a*e.Value, math.Abs(a)*e.SE
	e.Lo, e.Hi = a*e.Lo, a*e.Hi
	if a < 0 {
		e.Lo, e.Hi = e.Hi, e.Lo
	}
	if e.Units != nil {
		e.Units = floats.ScaleTo(make([]float64, len(e.Units)), a, e.Units)
	}
	return e
}

// Plus returns e + a, an exact number: value, interval and units move by a.
func (e Estimate) Plus(a float64) Estimate {
	e.Value += a
	e.Lo, e.Hi = e.Lo+a, e.Hi+a
	e.Units = slices.Clone(e.Units)
	floats.AddConst(a, e.Units)
	return e
}

// String prints "value [lo, hi]" with four significant digits, "value" without an interval, "~" without a value.
func (e Estimate) String() string {
	switch {
	case !e.Known():
		return "~"
	case !e.HasInterval():
		return fmt.Sprintf("%.4g", said(e.Value))
	}
	return fmt.Sprintf("%.4g [%.4g, %.4g]", said(e.Value), said(e.Lo), said(e.Hi))
}

// written is the JSON form of an Estimate.
type written struct {
	Value      number   `json:"value"`
	SE         number   `json:"se"`
	Lo         number   `json:"lo"`
	Hi         number   `json:"hi"`
	Confidence number   `json:"confidence"`
	N          number   `json:"n"`
	Warnings   []string `json:"warnings,omitempty"`
	Units      []number `json:"units,omitempty"`
	// Infinite gives the sign of each number that is null because it is infinite, not unknown.
	Infinite map[string]int `json:"infinite,omitempty"`
}

// numbers names the numbers of the JSON form.
func (w *written) numbers() map[string]*number {
	return map[string]*number{
		"value": &w.Value, "se": &w.SE, "lo": &w.Lo, "hi": &w.Hi, "confidence": &w.Confidence, "n": &w.N,
	}
}

// MarshalJSON writes unknown and infinite numbers as null, for JSON has neither. A member "infinite" names those that
// are infinite, with their sign.
func (e Estimate) MarshalJSON() ([]byte, error) {
	w := written{
		Value: number(e.Value), SE: number(e.SE), Lo: number(e.Lo), Hi: number(e.Hi),
		Confidence: number(e.Confidence), N: number(e.N), Warnings: e.Warnings,
	}
	for _, u := range e.Units {
		w.Units = append(w.Units, number(u))
	}
	for name, x := range w.numbers() {
		if sign := x.infinite(); sign != 0 {
			if w.Infinite == nil {
				w.Infinite = map[string]int{}
			}
			w.Infinite[name] = sign
		}
	}
	return json.Marshal(w)
}

// UnmarshalJSON reads what MarshalJSON wrote: null is NaN again, and an infinite number infinite.
func (e *Estimate) UnmarshalJSON(data []byte) error {
	nan := number(math.NaN())
	w := written{Value: nan, SE: nan, Lo: nan, Hi: nan}
	if err := json.Unmarshal(data, &w); err != nil {
		return err
	}
	numbers := w.numbers()
	for name, sign := range w.Infinite {
		if x, ok := numbers[name]; ok {
			*x = number(math.Inf(sign))
		}
	}
	*e = Estimate{
		Value: float64(w.Value), SE: float64(w.SE), Lo: float64(w.Lo), Hi: float64(w.Hi),
		Confidence: float64(w.Confidence), N: float64(w.N), Warnings: w.Warnings,
	}
	for _, u := range w.Units {
		e.Units = append(e.Units, float64(u))
	}
	return nil
}

// number is a float64 whose JSON form is null where it is not finite.
type number float64

// infinite returns the sign of an infinite number, 0 of any other.
func (x number) infinite() int {
	switch {
	case math.IsInf(float64(x), 1):
		return 1
	case math.IsInf(float64(x), -1):
		return -1
	}
	return 0
}

// MarshalJSON implements json.Marshaler. JSON null leaves a number as it is, which needs no method.
func (x number) MarshalJSON() ([]byte, error) {
	if math.IsNaN(float64(x)) || x.infinite() != 0 {
		return []byte("null"), nil
	}
	return strconv.AppendFloat(nil, float64(x), 'g', -1, 64), nil
}
