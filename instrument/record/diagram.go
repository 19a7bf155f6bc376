package record

import (
	"math"

	"calorimeter/instrument/estimate"
)

// Diagram is a figure whose horizontal axis is not the training step. Diagrams of one figure stand side by side.
type Diagram struct {
	Figure string   `json:"figure"` // name of the files without extension
	Title  string   `json:"title"`  // heading
	X      string   `json:"x"`      // what the horizontal axis shows, with its unit
	Y      string   `json:"y"`      // the vertical one
	XScale Scale    `json:"x_scale,omitempty"`
	YScale Scale    `json:"y_scale,omitempty"`
	Lines  []Line   `json:"lines,omitempty"` // drawn in their order
	Marks  []Mark   `json:"marks,omitempty"` // on top
	Notes  []string `json:"notes,omitempty"` // below
}

// Line is a line through points of a [Diagram].
type Line struct {
	Name   string    `json:"name,omitempty"` // in the legend; lines of one name have one look
	X      []float64 `json:"x"`
	Y      []float64 `json:"y"`
	Arrow  bool      `json:"arrow,omitempty"`  // with a head in the middle of its last stretch
	Filled bool      `json:"filled,omitempty"` // with the area between it and 0 shaded
	Dashed bool      `json:"dashed,omitempty"` // a guide, in grey
	// Ends of the intervals of its points; nil where there are none.
	Lo     []float64 `json:"lo,omitempty"`
	Hi     []float64 `json:"hi,omitempty"`
	Colour string    `json:"colour,omitempty"` // blue, vermillion, green, orange, purple, sky, black; empty: by its name
	Dash   int       `json:"dash,omitempty"`   // 0 solid, 1 to 3 dashed in three ways
	Loose  bool      `json:"loose,omitempty"`  // points without a line through them
}

// Add appends a point with its interval, if x and the value are known and finite.
func (l *Line) Add(x float64, y estimate.Estimate) {
	if !y.Known() || math.IsInf(y.Value, 0) || math.IsNaN(x) || math.IsInf(x, 0) {
		return
	}
	lo, hi := y.Lo, y.Hi
	if !y.HasInterval() || math.IsInf(lo, 0) || math.IsInf(hi, 0) {
		lo, hi = y.Value, y.Value
	}
	l.X, l.Y = append(l.X, x), append(l.Y, y.Value)
	l.Lo, l.Hi = append(l.Lo, lo), append(l.Hi, hi)
}

// Mark is a point of a [Diagram] with its error bars; an interval is drawn where it has one.
type Mark struct {
	X      estimate.Estimate `json:"x"`
	Y      estimate.Estimate `json:"y"`
	Square bool              `json:"square,omitempty"` // else a circle
	Hollow bool              `json:"hollow,omitempty"`
}
