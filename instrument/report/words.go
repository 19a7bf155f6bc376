package report

import (
	"fmt"
	"math"
	"strings"
)

// Conclusions says in sentences what the record shows: how far the run came, what happened to loss, heat and entropy,
// what is known of L-info and M-info, and whether the books balance. It states figures of the record and draws no
// conclusion that they do not carry.
func Conclusions(run *Run, c *Curves) []string {
	var say []string
	add := func(s string) {
		if s != "" {
			say = append(say, s)
		}
	}
	add(statusWords(run, c))
	add(lossWords(run, c))
	add(heatWords(c))
	add(informationWords(run, c))
	if run.Status != Running {
		add(bookWords(run.Books))
	}
	return say
}

func statusWords(run *Run, c *Curves) string {
	at := "before its first observation"
	if n := len(c.Rows); n > 0 {
		at = fmt.Sprintf("after the observation at step %s of %s", count(int(c.Column("step")[n-1])), count(run.Steps))
	}
	switch run.Status {
	case Interrupted:
		return "The run was interrupted " + at + "; what follows holds up to there."
	case Running:
		return "The run goes on; this is its record " + at + "."
	case Failed:
		return strings.TrimRight("The run failed "+at+": "+plain(run.Error), ": ") + "."
	}
	return ""
}

func lossWords(run *Run, c *Curves) string {
	step, train, test := c.Column("step"), c.Column("train_nll"), c.Column("test_nll")
	last, i := c.Last("train_nll")
	if i < 0 {
		return ""
	}
	if i == 0 {
		return fmt.Sprintf("The training loss is %s nats per sample at step %s.", brief(last), count(int(step[0])))
	}
	s := fmt.Sprintf("From step %s to step %s the training loss went from %s to %s nats per sample",
		count(int(step[0])), count(int(step[i])), brief(train[0]), brief(last))
	end, j := c.Last("test_nll")
	if j < 0 {
		return s + "."
	}
	s += fmt.Sprintf(" and the test loss from %s to %s", brief(test[0]), brief(end))
	best := j
	for k, v := range test {
		if v < test[best] {
			best = k
		}
	}
	if best == j {
		return s + ", its lowest value."
	}
	rise := end - test[best]
	e := c.Column("test_nll_se")
	for k, shared := range c.Column("test_nll_shared") {
		if finite(shared) { // the same examples at both steps
			e[k] = math.Sqrt(max(0, e[k]*e[k]-shared*shared))
		}
	}
	s += fmt.Sprintf("; the test loss was lowest at step %s and has risen by %s since", count(int(step[best])), brief(rise))
	switch half := studentT(run) * math.Hypot(e[best], e[j]); {
	case rise < half:
		return s + ", within its error."
	case !(train[i] < train[best]):
		return s + ", and the training loss with it."
	}
	return s + ": on these examples the model over-fits."
}

func heatWords(c *Curves) string {
	var parts []string
	if work, i := c.Last("work"); i >= 0 {
		parts = append(parts, fmt.Sprintf("the moving weights did %s nats of work on the samples", brief(work)))
	}
	if heat, i := c.Last("heat"); i >= 0 {
		parts = append(parts, fmt.Sprintf("the samples dissipated %s nats of heat into the weights", brief(-heat)))
	}
	if end, i := c.Last("s_x_given_theta"); i > 0 {
		parts = append(parts, fmt.Sprintf("the entropy of the samples S(X|Θ) went from %s to %s nats",
			brief(c.Column("s_x_given_theta")[0]), brief(end)))
	}
	if len(parts) == 0 {
		return ""
	}
	if last := len(parts) - 1; last > 0 {
		parts = append(parts[:last-1], parts[last-1]+" and "+parts[last])
	}
	return "Over training, " + strings.Join(parts, ", ") + "."
}

func informationWords(run *Run, c *Curves) string {
	var say []string
	if l := learned(run, c); l.known {
		s := fmt.Sprintf("At the end the samples express between %s and %s nats of their training set (L-info, its bounds with their errors)", brief(l.lo), brief(l.hi))
		if ceiling := math.Log(float64(run.Datasets)); run.Datasets > 1 && l.value > 0.9*ceiling {
			s += fmt.Sprintf("; the lower bound is saturated, it cannot pass ln %d = %s, and only more training sets would lift that ceiling",
				run.Datasets, brief(ceiling))
		}
		if l.chance == within {
			s += ", which is not told from chance: labels dealt at random give bounds " + l.ofChance()
		}
		say = append(say, s+".")
	}
	if m := memorized(run, c); m.known {
		s := fmt.Sprintf("The weights hold %s nats of it in the best Gaussian projection (M-info", brief(m.value))
		if in := m.interval(); in != "" {
			s += ", " + in
		}
		s += ")"
		if m.chance == within {
			s += ", which is not told from chance: labels dealt at random give " + m.ofChance()
		}
		say = append(say, s+".")
	}
	return strings.Join(say, " ")
}

func bookWords(books []Check) string {
	if len(books) == 0 {
		return "No books were kept."
	}
	named := func(verdict string) (names []string) {
		for _, k := range books {
			if k.Verdict == verdict {
				names = append(names, plain(k.Name))
			}
		}
		return names
	}
	passed, failed, open := named(Pass), named(Fail), named(CannotTell)
	if len(passed) == len(books) {
		return fmt.Sprintf("The books balance: all %s passed.", plural(len(books), "check"))
	}
	parts := []string{fmt.Sprintf("%d of %s passed", len(passed), plural(len(books), "check"))}
	for _, p := range []struct {
		verb  string
		names []string
	}{{"failed", failed}, {"cannot be decided", open}} {
		if len(p.names) > 0 {
			parts = append(parts, p.verb+": "+strings.Join(p.names, ", "))
		}
	}
	return "The books: " + strings.Join(parts, "; ") + "."
}
