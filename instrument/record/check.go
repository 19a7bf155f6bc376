package record

// Verdict is the outcome of a [Check].
type Verdict string

// The verdicts.
const (
	Pass       Verdict = "pass"
	CannotTell Verdict = "cannot tell" // the figure is compatible with both; never counted as a pass
	Fail       Verdict = "fail"
)

// Check is one line of the books: an identity or an inequality that the run must obey, and whether it did.
type Check struct {
	Name string `json:"name"` // such as "first law"
	// Arithmetic says that it is an identity, which holds by definition whatever the network did: it shows that the
	// program adds up, and nothing of the physics.
	Arithmetic bool `json:"arithmetic,omitempty"`

	Verdict Verdict  `json:"verdict"`
	Figure  string   `json:"figure"`            // what it rests on, such as "largest |dphi - w - q| = 0 nats"
	Detail  string   `json:"detail,omitempty"`  // what was compared, and what to do where it failed
	Columns []string `json:"columns,omitempty"` // the quantities that it judges; empty: all
}

// Heading is the name of the check, with the mark of those that are of the arithmetic alone.
func (c Check) Heading() string {
	if c.Arithmetic {
		return c.Name + " (arithmetic)"
	}
	return c.Name
}

// Null is what a quantity of the last observation comes out as where there is nothing to find, by permutation.
type Null struct {
	Mean         float64 `json:"mean"`         // over the permutations, in the quantity's unit
	Hi           float64 `json:"hi"`           // 95 % of them lie below
	Permutations int     `json:"permutations"` // how many were drawn

	// Ways is how many ways there are to deal anew, where they are few: with less than 20 nothing can be told at the 5 %
	// level.
	Ways float64 `json:"ways,omitempty"`
}

// Tells reports whether there are enough ways to deal anew to tell anything.
func (n Null) Tells() bool { return n.Ways == 0 || n.Ways >= 20 }

// Beyond reports whether a value exceeds what 95 % of the permutations give, where that can be told.
func (n Null) Beyond(value float64) bool { return n.Tells() && value > n.Hi }

// Finding answers a question that a reader has, from what was measured, in plain words.
type Finding struct {
	Question string   `json:"question"`          // such as "Does it memorize?"
	Answer   string   `json:"answer"`            // short, such as "Yes"
	Because  string   `json:"because"`           // the numbers that it rests on, in a sentence or two
	Class    Verdict  `json:"class,omitempty"`   // what the answer is to be coloured as; empty: neither good nor bad
	Columns  []string `json:"columns,omitempty"` // the quantities that it rests on
}

// String prints the question with its answer, and below it what that rests on.
func (f Finding) String() string { return f.Question + " " + f.Answer + "\n  " + f.Because }

// Picture is an image in the run folder beside the figures, such as samples of the model.
type Picture struct {
	File  string `json:"file"`
	Title string `json:"title"` // what it shows, in a sentence
	// Captions stand below its columns, from the left; lines of one are apart by newlines.
	Captions []string `json:"captions,omitempty"`
}
