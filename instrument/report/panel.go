package report

import (
	"bytes"
	"fmt"
	"image/color"
	"math"
	"slices"
	"strconv"
	"strings"

	"calorimeter/instrument/estimate"
	"calorimeter/instrument/record"
)

// panel is one set of axes and what is drawn on it. Pictures are drawn from it, and its JSON is what the script of the
// page draws from. Legend and notes stand above and below the axes, where they cannot cover data.
type panel struct {
	ID     string   `json:"id"`
	Title  string   `json:"title"`
	X      axis     `json:"x"`
	Plain  *axis    `json:"plain,omitempty"` // the axis of steps without logarithm
	Y      axis     `json:"y"`
	Curves []curve  `json:"curves"`
	Levels []level  `json:"levels,omitempty"`
	Notes  []string `json:"notes,omitempty"`

	figure   string // its name
	own      bool   // it was not asked for: a quantity that names no panel has it
	overview int
	infos    []record.Info
	diagram  *record.Diagram // what it shows in the place of curves
	names    []string        // of the lines of its figure
}

// curve is one entry of the legend with what it stands for: values, or pairs of bounds with the area between them, and
// their recorded intervals.
type curve struct {
	Name       string    `json:"name"`
	Quantities []string  `json:"quantities"`
	Quiet      bool      `json:"quiet,omitempty"` // one of many: not in the legend
	Colour     string    `json:"colour"`          // a name of the palette, or #rrggbb
	Width      float64   `json:"width"`
	Dash       []float64 `json:"dash,omitempty"`
	X          numbers   `json:"at"`
	Y          numbers   `json:"y"`                // values, or lower bounds
	Upper      numbers   `json:"upper,omitempty"`  // of a pair
	Lo         numbers   `json:"lo,omitempty"`     // ends of the intervals: of a pair, that of the lower bound
	Hi         numbers   `json:"hi,omitempty"`     // and that of the upper one
	Bars       bool      `json:"bars,omitempty"`   // intervals are bars, not bands
	Loose      bool      `json:"loose,omitempty"`  // points without a line through them
	Beyond     bool      `json:"beyond,omitempty"` // it leaves the axes, whose range is that of the others
	Nulls      numbers   `json:"nulls,omitempty"`  // what there is to see in nothing
	Warnings   []int     `json:"warnings,omitempty"`

	unsound bool     // of a run that failed
	labels  []string // written beside its points, if any
}

// level is a horizontal line across the panel.
type level struct {
	At   float64 `json:"at"`
	Name string  `json:"name"`
}

// numbers are values in JSON at full precision: null where they are not known, and ±1e999, which scripts read as
// infinite.
type numbers []float64

// MarshalJSON implements json.Marshaler.
func (n numbers) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	for i, v := range n {
		b.WriteByte("[,"[min(i, 1)])
		switch {
		case math.IsNaN(v):
			b.WriteString("null")
		case math.IsInf(v, 1):
			b.WriteString("1e999")
		case math.IsInf(v, -1):
			b.WriteString("-1e999")
		default:
			b.WriteString(strconv.FormatFloat(v, 'g', -1, 64))
		}
	}
	if len(n) == 0 {
		b.WriteByte('[')
	}
	b.WriteByte(']')
	return b.Bytes(), nil
}

func (n numbers) known(keep func(float64) bool) (k int) {
	for _, v := range n {
		if keep(v) {
			k++
		}
	}
	return k
}

// many is how many curves of a panel are told apart by colour; more are drawn thin in one ramp of colours.
const many = 8

// thinLine is how wide those are, in points.
const thinLine = 0.6

// palette are the colours of curves in their order: those of Okabe & Ito (2008), which the colour-blind can tell apart,
// under the names that the page sets them by.
var palette = []string{"blue", "vermillion", "green", "orange", "purple", "sky", "black"}

var colours = map[string]color.NRGBA{
	"black": {A: 255}, "grey": {R: 90, G: 90, B: 90, A: 255}, "blue": {G: 114, B: 178, A: 255},
	"vermillion": {R: 213, G: 94, A: 255}, "green": {G: 158, B: 115, A: 255}, "orange": {R: 230, G: 159, A: 255},
	"purple": {R: 204, G: 121, B: 167, A: 255}, "sky": {R: 86, G: 180, B: 233, A: 255},
}

// dashes tell the third curve and those after it from one that they coincide with.
var dashes = [][]float64{{5, 3}, {2, 2}, {7, 2, 2, 2}}

// look gives the i-th of n curves its colour, width and dashes.
func (c *curve) look(i, n int) {
	if n > many {
		t := float64(i) / float64(n-1)
		from, to := colours["blue"], colours["orange"]
		mix := func(a, b uint8) int { return int(math.Round((1-t)*float64(a) + t*float64(b))) }
		c.Colour = fmt.Sprintf("#%02x%02x%02x", mix(from.R, to.R), mix(from.G, to.G), mix(from.B, to.B))
		c.Width, c.Quiet = thinLine, i > 0 && i < n-1
		return
	}
	c.Colour, c.Width = palette[i%len(palette)], 1.2
	if i >= 2 {
		c.Dash = dashes[(i-2)%len(dashes)]
	}
}

// newCurve reads a curve from a history. It has a point wherever the quantity, or one of the pair, was measured.
func newCurve(s shown, h *record.History) (curve, []estimate.Estimate) {
	c := curve{Name: s.legend(), Quantities: s.names()}
	var readings []estimate.Estimate
	var lo, hi numbers
	for _, e := range observations(h) {
		lower, measured := asShown(s.lower, e)
		if s.upper == nil {
			if !measured {
				continue
			}
			lo, hi = append(lo, lower.Lo), append(hi, lower.Hi)
			readings = append(readings, lower)
		} else {
			upper, too := asShown(*s.upper, e)
			if !measured && !too {
				continue
			}
			if !measured {
				lower = estimate.Unknown("not measured")
			}
			if !too {
				upper = estimate.Unknown("not measured")
			}
			c.Upper = append(c.Upper, upper.Value)
			lo, hi = append(lo, lower.Lo), append(hi, upper.Hi)
			readings = append(readings, lower, upper)
		}
		c.X, c.Y = append(c.X, float64(e.Step)), append(c.Y, lower.Value)
	}
	if lo.known(isKnown)+hi.known(isKnown) > 0 {
		c.Lo, c.Hi = lo, hi
	}
	c.Bars = s.upper == nil && c.Y.known(finite) < 3
	return c, readings
}

// drawable reports whether the curve has a point to draw on the given axis, and low whether it has one that would be
// infinitely far down.
func (c curve) drawable(y axis) bool {
	seen := func(v float64) bool { return finite(v) && finite(y.position(v)) }
	return c.Y.known(seen)+c.Upper.known(seen) > 0
}

func (c curve) low(y axis) bool {
	lost := func(v float64) bool { return finite(v) && math.IsInf(y.position(v), -1) }
	return c.Y.known(lost)+c.Upper.known(lost) > 0
}

// panelsOf lays out the panels that the quantities of a history name, in the order of their first declaration.
func panelsOf(run *record.Run, h *record.History) []*panel {
	var list []*panel
	for _, info := range h.Infos() {
		place := info.Place()
		title := upperFirst(plain(place.Title))
		i := slices.IndexFunc(list, func(p *panel) bool { return p.figure == place.Figure && p.Title == title })
		if i < 0 {
			i = len(list)
			list = append(list, &panel{figure: place.Figure, Title: title, overview: place.Overview,
				own: place.Figure == info.Name, Y: axis{Label: plain(place.Axis), Scale: place.Scale}})
		}
		list[i].infos = append(list[i].infos, info)
	}
	for _, p := range list {
		p.fill(run, h)
	}
	return withoutEmpty(list)
}

// withoutEmpty leaves out panels without curves, and says in the first other panel of their figure what they would have
// shown. A figure that has no other panel keeps them, if it was asked for or there is nothing to see at all.
func withoutEmpty(panels []*panel) []*panel {
	var kept []*panel
	some := slices.ContainsFunc(panels, func(p *panel) bool { return len(p.Curves) > 0 })
	for _, p := range panels {
		other := slices.IndexFunc(panels, func(o *panel) bool { return o.figure == p.figure && len(o.Curves) > 0 })
		switch {
		case len(p.Curves) == 0 && other < 0 && p.own && some:
			continue
		case len(p.Curves) > 0 || other < 0:
			kept = append(kept, p)
			continue
		}
		panels[other].Notes = append(panels[other].Notes, p.Notes...)
		panels[other].infos = append(panels[other].infos, p.infos...)
	}
	return kept
}

// fill draws the quantities of a panel, and says what cannot be seen in it.
func (p *panel) fill(run *record.Run, h *record.History) {
	var all []estimate.Estimate
	var low []string
	for _, info := range p.infos {
		p.Y.Knee = math.Max(p.Y.Knee, info.Ceiling)
	}
	if p.Y.Scale == record.Knee && p.Y.Knee == 0 {
		p.Y.Scale = record.Linear
	}
	declared := shownOf(p.infos, func(info record.Info) bool { return true })
	known := shownOf(p.infos, func(info record.Info) bool { return h.Known(info.Name) })
	for _, s := range known {
		c, readings := newCurve(s, h)
		c.Warnings = footnotes(run, c.Quantities...)
		for _, info := range s.all() {
			null, ok := run.Nulls[info.Name]
			if ok {
				c.Nulls = append(c.Nulls, sign(info)*null.Hi)
			}
			p.noteOf(info, h)
			if ok || c.drawable(p.Y) {
				p.ceiling(info)
			}
		}
		if c.low(p.Y) {
			low = append(low, c.Name)
		}
		if !c.drawable(p.Y) {
			continue
		}
		i := slices.IndexFunc(declared, func(d shown) bool { return slices.Contains(d.names(), s.lower.Name) })
		c.look(i, len(declared))
		if len(declared) > many {
			c.Lo, c.Hi = nil, nil
			c.Nulls = nil
		}
		p.Curves = append(p.Curves, c)
		all = append(all, readings...)
	}
	switch {
	case len(p.Curves) == 0:
	case len(declared) > many:
		p.note("Intervals are not drawn.")
	case hasWidth(all):
		p.note("%s.", upperFirst(intervalNote(run, all)))
	case allExact(all):
		p.note("Exact numbers, without errors.")
	case hasError(all):
		p.note("No intervals are known; the table gives standard errors.")
	default:
		p.note("No errors are known.")
	}
	if slices.ContainsFunc(known, func(s shown) bool { return s.lower.Summed }) {
		p.note("Summed over %s: other observations give other totals.", plural(len(observations(h)), "observation"))
	}
	if low != nil {
		p.note("Values of 0 and less are not shown: %s.", strings.Join(low, "; "))
	}
	if len(observations(h)) == 0 {
		p.note("No observation was recorded.")
	}
	p.Notes = append(p.Notes, absences(run, h, p.infos)...)
	p.settle()
}

// noteOf says what cannot be seen of a quantity: that it is infinite, or a lower bound that tells no more.
func (p *panel) noteOf(info record.Info, h *record.History) {
	at, readings := h.Series(info.Name)
	heading := upperFirst(plain(info.Heading()))
	var infinite, known, open int
	from, because := -1, ""
	for i, r := range readings {
		switch {
		case !r.Known():
			continue
		case math.IsInf(r.Value, 0):
			infinite++
			if n := len(r.Warnings); n > 0 {
				because = ": " + plain(r.Warnings[n-1])
			}
		case math.IsInf(r.Lo, 0) || math.IsInf(r.Hi, 0):
			open++
		}
		known++
		if !info.Saturated(r.Value) || info.Bound.Of == "" || info.Bound.Upper {
			from = -1
		} else if from < 0 {
			from = at[i]
		}
	}
	switch {
	case infinite > 0 && infinite == known:
		p.note("%s is infinite%s.", heading, because)
	case infinite > 0:
		p.note("%s is infinite at %d of %d observations%s.", heading, infinite, known, because)
	}
	if open > 0 {
		p.note("%s: the interval has no end at %d of %d observations.", heading, open, known)
	}
	if from >= 0 {
		p.note("%s is saturated from step %s on: the truth may be far above.", heading, count(from))
	}
}

// ceiling draws what a quantity cannot pass, under the names of all that cannot, and what one is expected to be.
func (p *panel) ceiling(info record.Info) {
	of, _, _ := strings.Cut(info.Heading(), ",")
	ceiling := level{At: sign(info) * info.Ceiling, Name: "ceiling " + bound(info.Ceiling) + " of " + of}
	for i, l := range p.Levels {
		if l.At == ceiling.At && strings.HasPrefix(l.Name, "ceiling ") {
			if !strings.HasSuffix(l.Name, of) {
				p.Levels[i].Name += ", " + of
			}
			ceiling.At = 0 // it is there
		}
	}
	for _, l := range []level{ceiling, {At: sign(info) * info.Expected, Name: "expected " + bound(info.Expected)}} {
		if l.At != 0 && finite(l.At) && !slices.Contains(p.Levels, l) {
			p.Levels = append(p.Levels, l)
		}
	}
}

func (p *panel) note(format string, args ...any) {
	p.Notes = append(p.Notes, fmt.Sprintf(format, args...))
}
