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

	// Of a cycle of self-supervision, which shows neither Q nor M nor L.
	"bought":     "orange",     // KL(q‖p), by the measurement
	"extracted":  "green",      // work −(W − ΔF), by the expansion
	"dissipated": "vermillion", // what thermalisation leaves
	"sample":     "blue",       // information of a label about its sample
	"class":      "purple",     // information of a label about the class
	"λ":          "black",      // fields of the labels

	"gap": "black", // generalization gap, where no A is shown
}

// line is a line of a thing, named in the legend by its name, or by none.
func line(thing, name string, dash int) record.Line {
	return record.Line{Name: name, Colour: hues[thing], Dash: dash}
}

// guide is a dashed grey line.
func guide(name string, x, y []float64) record.Line {
	return record.Line{Name: name, X: x, Y: y, Dashed: true}
}
