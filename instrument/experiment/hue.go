package experiment

import "calorimeter/instrument/record"

// hues are the colours of things: one colour is one thing in all figures. Where one figure shows a thing of several
// models or settings, dashes tell these apart. Guides are grey.
var hues = map[string]string{
	"A": "black",      // apparent entropy production
	"Σ": "vermillion", // conditional entropy production
	"I": "blue",       // information of a sample about the weights
	"Q": "orange",     // heat dissipated
	"M": "green",      // what the weights hold of the training set
	"L": "purple",     // what a sample expresses of it
	"S": "sky",        // entropy
}

// line is a line of a thing, named in the legend by its name, or by none.
func line(thing, name string, dash int) record.Line {
	return record.Line{Name: name, Colour: hues[thing], Dash: dash}
}

// guide is a dashed grey line.
func guide(name string, x, y []float64) record.Line {
	return record.Line{Name: name, X: x, Y: y, Dashed: true}
}
