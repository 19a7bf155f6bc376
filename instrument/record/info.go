package record

import "calorimeter/instrument/estimate"

// Info declares a quantity: what it is, for people and for whatever draws it. It is written where the quantity is
// computed, travels with the record, and is stated nowhere else.
type Info struct {
	Name       string `json:"name"`                 // lower-case letters, digits and underscores: its name in every record
	Symbol     string `json:"symbol,omitempty"`     // as written in formulas, such as "|g|"
	Unit       string `json:"unit,omitempty"`       // such as "nats"
	Doc        string `json:"doc,omitempty"`        // what it is, with its formula, in a sentence
	Assumption string `json:"assumption,omitempty"` // what must hold for it to be true; empty for exact quantities
	Cost       string `json:"cost,omitempty"`       // time and memory of one measurement, d being the number of weights
	Ref        string `json:"ref,omitempty"`        // the source

	Title    string  `json:"title,omitempty"`    // in words, such as "training loss"; empty: the name
	Panel    Panel   `json:"panel,omitzero"`     // where it is drawn; zero: a panel of its own
	Bound    Bound   `json:"bound,omitzero"`     // what it bounds, if it is one of a pair of bounds
	Expected float64 `json:"expected,omitempty"` // what it comes out as where all is well; 0: nothing to expect
	// Judges are the quantities that rest on the same samples: where this one is not as expected, they are not to be
	// trusted either.
	Judges   []string `json:"judges,omitempty"`
	Ceiling  float64  `json:"ceiling,omitempty"`  // what it cannot pass, such as ln D of a lower bound; 0: nothing
	Negated  bool     `json:"negated,omitempty"`  // tables and figures show minus the value, which Title and Symbol name
	Summed   bool     `json:"summed,omitempty"`   // cumulated from observation to observation: depends on their schedule
	Headline bool     `json:"headline,omitempty"` // its trust is stated, and sweeps and comparisons show it
	Rank     int      `json:"rank,omitempty"`     // in tables for people: 0 never, 1 always; the highest leave first
}

// Panel is a set of axes that quantities share. Quantities that name the same figure and title are drawn together;
// panels of one figure stand side by side.
type Panel struct {
	Figure   string `json:"figure"`             // name of the files without extension, such as "losses"
	Title    string `json:"title"`              // heading, such as "Loss"
	Axis     string `json:"axis"`               // what the vertical axis shows, with its unit
	Scale    Scale  `json:"scale,omitempty"`    // of the vertical axis
	Overview int    `json:"overview,omitempty"` // its cell in the overview, from 1; 0: not in it
}

// Scale is how a vertical axis is divided.
type Scale string

// The scales of a [Panel], and of the axes of a [Diagram].
const (
	Linear Scale = ""
	Log    Scale = "log"   // values of 0 and less are not drawn
	Knee   Scale = "knee"  // linear up to the ceiling of its quantities, logarithmic above
	Steps  Scale = "steps" // of training steps: logarithmic from step 1 on, with step 0 at a fixed distance left of it
)

// Bound says that a quantity is one of a pair that brackets a third, which is not measured itself.
type Bound struct {
	Of    string `json:"of"` // name of what is bracketed, such as "l_info"
	Upper bool   `json:"upper,omitempty"`
}

// Saturated reports whether a value of the quantity stands within 10 % of its ceiling: the truth may be far above.
func (i Info) Saturated(value float64) bool { return estimate.Saturated(value, i.Ceiling) }

// Heading is the title of the quantity, its name where it has none.
func (i Info) Heading() string {
	if i.Title == "" {
		return i.Name
	}
	return i.Title
}

// Place is the panel of the quantity: one of its own, under its name, where none was declared.
func (i Info) Place() Panel {
	if i.Panel.Figure != "" {
		return i.Panel
	}
	axis := i.Heading()
	if i.Unit != "" && i.Unit != "1" {
		axis += " (" + i.Unit + ")"
	}
	return Panel{Figure: i.Name, Title: i.Heading(), Axis: axis}
}
