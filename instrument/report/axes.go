package report

import (
	"math"
	"math/bits"
	"slices"
	"strconv"
	"strings"

	"calorimeter/instrument/record"
)

// axis is one axis of a panel. Its range and ticks are settled here, for pictures and for the script of the page: both
// draw what they are given. They are positions: a scale takes values to positions, along which an axis is linear.
type axis struct {
	Label string       `json:"label"`
	Scale record.Scale `json:"scale,omitempty"`
	Knee  float64      `json:"knee,omitempty"` // where a scale with a knee has it
	Lo    float64      `json:"lo"`
	Hi    float64      `json:"hi"`
	Ticks []tick       `json:"ticks"` // those whose labels matter most come first
}

// tick is a mark on an axis; one without a text is small.
type tick struct {
	At   float64 `json:"at"`
	Text string  `json:"text,omitempty"`
}

// zeroGap is how far left of step 1 an axis of steps has step 0, in decades.
const zeroGap = 0.5

// position returns where a value stands. On a logarithmic axis what is not positive is infinitely far down.
func (a axis) position(v float64) float64 {
	switch {
	case a.Scale == record.Steps && v < 1:
		return zeroGap * (v - 1)
	case a.Scale == record.Log && v <= 0:
		return math.Inf(-1)
	case a.Scale == record.Steps, a.Scale == record.Log:
		return math.Log10(v)
	case a.Scale == record.Knee && math.Abs(v) > a.Knee:
		return math.Copysign(1+math.Log(math.Abs(v)/a.Knee), v)
	case a.Scale == record.Knee:
		return v / a.Knee
	}
	return v
}

// span is the range of the finite numbers it was shown.
type span struct{ lo, hi float64 }

var nothing = span{lo: math.Inf(1), hi: math.Inf(-1)}

func (s *span) include(values ...float64) {
	for _, v := range values {
		if finite(v) {
			s.lo, s.hi = math.Min(s.lo, v), math.Max(s.hi, v)
		}
	}
}

func (s span) empty() bool { return s.lo > s.hi }

// finite reports whether v can be drawn; what is near the largest float64 cannot.
func finite(v float64) bool { return math.Abs(v) < 1e300 }

// cover settles the range, so that it holds the positions s with a margin on both sides, and the ticks.
func (a *axis) cover(s span, margin float64) {
	switch {
	case s.empty():
		s = span{lo: 0, hi: 1}
	case s.hi-s.lo <= 1e-9*math.Max(math.Abs(s.lo), math.Abs(s.hi)):
		room := math.Max(math.Abs(s.hi)/20, 0.5)
		s = span{lo: s.lo - room, hi: s.hi + room}
	}
	margin *= s.hi - s.lo
	a.Lo, a.Hi = s.lo-margin, s.hi+margin
	a.mark()
}

// mark settles the ticks of a range.
func (a *axis) mark() {
	switch a.Scale {
	case record.Steps, record.Log:
		a.Ticks = a.decades()
	case record.Knee:
		a.Ticks = a.aroundKnee()
	default:
		a.Ticks = linearTicks(a.Lo, a.Hi)
	}
	a.Ticks = slices.DeleteFunc(a.Ticks, func(t tick) bool { return t.At < a.Lo || t.At > a.Hi })
}

// linearTicks returns four to eight labels at multiples of 1, 2 or 5 times a power of ten, 0 and the roundest first.
func linearTicks(lo, hi float64) []tick {
	exponent := math.Floor(math.Log10((hi - lo) / 4))
	unit, decimals := math.Pow(10, exponent), int(math.Max(0, -exponent))
	for _, m := range []float64{5, 2} {
		if m*math.Pow(10, exponent) <= (hi-lo)/4 {
			unit = m * math.Pow(10, exponent)
			break
		}
	}
	var ticks []tick
	var times []int
	first := math.Ceil(lo / unit)
	for i := 0; i < 20 && (first+float64(i))*unit <= hi; i++ {
		v := (first + float64(i)) * unit
		ticks, times = append(ticks, tick{At: v, Text: tickText(v, decimals)}), append(times, i)
	}
	round := func(i int) int { // how often 2 divides the multiple of the unit
		n := math.Abs(first + float64(i))
		if n > math.MaxInt32 {
			n = float64(i)
		}
		return bits.TrailingZeros(uint(n))
	}
	slices.SortStableFunc(times, func(i, j int) int { return round(j) - round(i) })
	sorted := make([]tick, len(ticks))
	for n, i := range times {
		sorted[n] = ticks[i]
	}
	return sorted
}

// tickText prints a label with the given number of decimals.
func tickText(v float64, decimals int) string {
	text := fixed(v, decimals)
	switch a := math.Abs(v); {
	case a >= 1e6 || decimals > 6 && a > 0:
		text = strconv.FormatFloat(v, 'g', 4, 64)
	case decimals == 0 && a >= 1e4:
		text = count(int(math.Round(v)))
	}
	return strings.ReplaceAll(text, "-", "−")
}

// decades returns ticks at the integers 1 to 9 of each decade, with labels at the powers of ten, and at 2 and 5 where
// the axis is short; on an axis of steps, at 0 too.
func (a axis) decades() []tick {
	var zero, tens, between, bare []tick
	from := a.Lo
	if a.Scale == record.Steps {
		zero, from = []tick{{At: a.position(0), Text: "0"}}, 0
	}
	short := a.Hi-math.Max(from, a.Lo) < 2.2
	labels := 0
	for e := math.Floor(math.Max(from, a.Lo)); e <= a.Hi; e++ {
		for m := 1.0; m < 10; m++ {
			v := m * math.Pow(10, e)
			t := tick{At: a.position(v), Text: tickText(v, int(math.Max(0, -e)))}
			if t.At < a.Lo || t.At > a.Hi {
				continue
			}
			switch {
			case m == 1:
				tens = append(tens, t)
				labels++
			case short && (m == 2 || m == 5):
				between = append(between, t)
				labels++
			default:
				bare = append(bare, tick{At: t.At})
			}
		}
	}
	if labels < 2 && a.Lo > 0 { // within a decade
		between = nil
		for _, t := range linearTicks(math.Pow(10, a.Lo), math.Pow(10, a.Hi)) {
			between = append(between, tick{At: a.position(t.At), Text: t.Text})
		}
	}
	return slices.Concat(zero, tens, between, bare)
}

// aroundKnee returns multiples of 1, 2 or 5 times a power of ten up to the knee, as the range within it has room for,
// and beyond it 1, 2 and 5 times powers of ten.
func (a axis) aroundKnee() []tick {
	add := func(to []tick, v float64) []tick {
		at, text := a.position(v), strconv.FormatFloat(v, 'g', 4, 64)
		return append(to, tick{At: at, Text: text}, tick{At: -at, Text: "−" + text})
	}
	exponent := math.Floor(math.Log10(a.Knee))
	var tens, within, between []tick
	reach := math.Max(a.Hi, -a.Lo)
	for _, t := range linearTicks(0, a.Knee*math.Min(reach, 1)) {
		if t.At > 0 {
			within = add(within, t.At)
		}
	}
	for ; a.position(math.Pow(10, exponent)) <= reach; exponent++ {
		for _, m := range []float64{1, 5, 2} {
			switch v := m * math.Pow(10, exponent); {
			case v <= a.Knee:
			case m == 1:
				tens = add(tens, v)
			default:
				between = add(between, v)
			}
		}
	}
	return slices.Concat([]tick{{At: 0, Text: "0"}}, tens, within, between)
}

// apart returns the ticks with only those labels that do not touch: those that come first win. place takes a position
// to where it is drawn, and size is how much of the axis a text takes.
func apart[L ~float64](ticks []tick, place func(float64) L, size func(string) L) []tick {
	type label struct{ at, size L }
	var taken []label
	out := slices.Clone(ticks)
	for i, t := range out {
		l := label{at: place(t.At), size: size(t.Text)}
		touches := func(o label) bool { return max(l.at-o.at, o.at-l.at) < (l.size+o.size)/2 }
		if t.Text == "" || slices.ContainsFunc(taken, touches) {
			out[i].Text = ""
			continue
		}
		taken = append(taken, l)
	}
	return out
}
