package record

import "calorimeter/instrument/estimate"

// Diagram is a figure whose horizontal axis is not the training step. Diagrams of one figure stand side by side.
type Diagram struct {
	Figure string   `json:"figure"`          // name of the files without extension
	Title  string   `json:"title"`           // heading
	X      string   `json:"x"`               // what the horizontal axis shows, with its unit
	Y      string   `json:"y"`               // the vertical one
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
}

// Mark is a point of a [Diagram] with its error bars; an interval is drawn where it has one.
type Mark struct {
	X      estimate.Estimate `json:"x"`
	Y      estimate.Estimate `json:"y"`
	Square bool              `json:"square,omitempty"` // else a circle
	Hollow bool              `json:"hollow,omitempty"`
}
