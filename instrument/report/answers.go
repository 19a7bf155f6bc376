package report

import (
	"fmt"
	"math"
	"strings"
)

// answer is what the record says to a question that a reader has first.
type answer struct {
	Question, Short, Class string
	Because                string
	Notes                  []int // warnings that qualify it
}

// answers says whether the model memorizes, how much of it shows in its samples, and whether the numbers can be
// trusted.
func answers(run *Run, c *Curves, notes footnotes) []answer {
	if len(c.Rows) == 0 {
		return nil
	}
	return []answer{memorizes(run, c, notes), expresses(run, c, notes), trust(run)}
}

// memorizes says yes where M-info's interval lies above 0 and M-info exceeds what labels dealt at random give, and leaves
// it open where none were. The
// interval alone does not do: the estimate is biased upward, and with few replicas in many dimensions its interval may
// lie above 0 where there is nothing to find. The lower bound on the D drawn sets may say how much there is once the
// estimate has stood the test, and where it exceeds a null of its own too, but never undoes it; two looks thus do not
// double the 5 % of false alarms. It is looked at in place of an estimate that is not known. The gap of the losses is
// told beside them: it needs no estimate of information, but sees only what costs the loss.
func memorizes(run *Run, c *Curves, notes footnotes) answer {
	a := answer{Question: "Does it memorize?", Short: "Cannot tell", Class: "open", Notes: notes.of("m_info", "m_info_d_lo", "m_info_d_hi")}
	m := memorized(run, c)
	least, j := c.Last("m_info_d_lo")
	told := run.against("m_info_d_lo", least)
	if !m.known {
		m.value, m.chance, m.levels = least, told, run.chanceLevels([]string{"m_info_d_lo"})
	}
	if least -= orZero(halfWidths(run, c, "m_info_d_lo"), j); told == within {
		least = math.NaN()
	}
	if m.known && !(least > m.lo) {
		least = m.lo
	}
	switch {
	case !m.known && j < 0:
		a.Because = "M-info was not estimated"
		for _, absent := range absences(run, c, []string{"m_info"}) {
			a.Because += ": " + absent.reason
		}
		a.Because += "."
	case m.chance == within:
		a.Short = "Not told from chance"
		a.Because = fmt.Sprintf("M-info comes out as %s nats; labels dealt at random give %s.", brief(m.value), m.ofChance()) + fewGroupings(run)
	case math.IsNaN(least):
		a.Because = fmt.Sprintf("M-info comes out as %s nats, with an error that is not known.", brief(m.value))
	case least > 0.01:
		if a.Short, a.Class = "Yes", "pass"; m.chance == untested {
			a.Short, a.Class = "Not held against chance", "open"
		}
		a.Because = fmt.Sprintf("The weights hold at least %s nats of their training set", brief(least))
		if run.Subset > 0 {
			a.Because += fmt.Sprintf(", %s an example", brief(least/float64(run.Subset)))
		}
		if m.known {
			a.Because += fmt.Sprintf(" (M-info %s", brief(m.value))
			if m.chance == beyond {
				a.Because += "; labels dealt at random give " + m.ofChance()
			}
			a.Because += ")"
		}
		a.Because += "."
		if m.chance == untested {
			a.Because += " The record has no null (labels dealt at random) to hold it against."
		}
	default:
		a.Short = "Not seen"
		a.Because = fmt.Sprintf("M-info, %s nats, is compatible with none.", brief(m.value))
	}
	if words := gapWords(c); words != "" {
		a.Because += " " + words
	}
	return a
}

// orZero returns x[i], 0 where it is not known.
func orZero(x []float64, i int) float64 {
	if i < 0 || math.IsNaN(x[i]) {
		return 0
	}
	return x[i]
}

// expresses gives L-info between the lower end of its lower bound and the upper end of its upper bound.
func expresses(run *Run, c *Curves, notes footnotes) answer {
	a := answer{Question: "How much of it is expressed?", Short: "Cannot tell", Class: "open", Notes: notes.of("l_info_lo", "l_info_hi")}
	l := learned(run, c)
	if !l.known {
		a.Because = "L-info was not estimated"
		for _, absent := range absences(run, c, []string{"l_info_lo", "l_info_hi"}) {
			a.Because += ": " + absent.reason
		}
		a.Because += "."
		return a
	}
	switch {
	case l.hi <= 0:
		a.Short = "Nothing seen"
		a.Because = "The upper end of the bounds on L-info is not above 0."
	case l.chance == within:
		a.Short = "Not told from chance"
		a.Because = fmt.Sprintf("L-info's bounds are %s and %s nats (with their errors %s to %s); labels dealt at random give bounds %s.",
			minus(brief(l.value)), minus(brief(l.upper)), brief(l.lo), brief(l.hi), l.ofChance()) + fewGroupings(run)
	default:
		if a.Short, a.Class = fmt.Sprintf("%s to %s nats", brief(l.lo), brief(l.hi)), ""; l.lo == 0 {
			a.Short = fmt.Sprintf("Up to %s nats", brief(l.hi))
		}
		a.Because = "of the training set show in the samples (L-info, between the lower end of its lower bound and the upper end of its upper bound)"
		if run.Datasets > 1 && saturated(c.Column("l_info_lo"), math.Log(float64(run.Datasets))) >= 0 {
			a.Because += fmt.Sprintf("; the lower bound is saturated at ln %d", run.Datasets)
		}
		if l.chance == beyond {
			a.Because += "; labels dealt at random give bounds " + l.ofChance()
		}
		a.Because += "."
	}
	return a
}

// trust rests on the books and the warnings.
func trust(run *Run) answer {
	a := answer{Question: "Can the numbers be trusted?", Short: "Yes", Class: "pass"}
	failed, open := 0, 0
	for _, k := range run.Books {
		switch k.Verdict {
		case Fail:
			failed++
		case CannotTell:
			open++
		}
	}
	var because []string
	switch {
	case run.Status == Running:
		a.Short, a.Class = "Not yet known", "open"
		because = append(because, "the books are closed at the end of the run")
	case failed > 0:
		a.Short, a.Class = "No", "fail"
		because = append(because, fmt.Sprintf("%d of %s failed", failed, plural(len(run.Books), "check")))
	case len(run.Books) == 0:
		a.Short, a.Class = "Cannot tell", "open"
		because = append(because, "no books were kept")
	case open > 0 || len(run.Warnings) > 0 || run.Status != Done:
		a.Short, a.Class = "With care", "open"
		because = append(because, fmt.Sprintf("%d of %s passed", len(run.Books)-open, plural(len(run.Books), "check")))
		if open > 0 {
			because = append(because, fmt.Sprintf("%d cannot be decided", open))
		}
	default:
		because = append(because, fmt.Sprintf("all %s passed", plural(len(run.Books), "check")))
	}
	if n := len(run.Warnings); n > 0 {
		because = append(because, plural(n, "warning")+" below")
	}
	a.Because = strings.ToUpper(because[0][:1]) + strings.Join(because, ", ")[1:] + "."
	return a
}

// boughtWords says what the information is that was bought up to row i, in all and in one step.
func boughtWords(c *Curves, bought float64, i int) string {
	steps := c.Column("step")[i]
	return fmt.Sprintf("The information bought, KL(q‖p), is %s nats a sample summed over all %s steps, %s in a step on average",
		brief(bought), count(int(steps)), brief(bought/steps))
}

// verdictOn returns the verdict of the books on the named check, empty where they do not have it.
func (r *Run) verdictOn(name string) string {
	for _, k := range r.Books {
		if k.Name == name {
			return k.Verdict
		}
	}
	return ""
}

// cycleAnswers says what a run with cycles learned, at which efficiency, and whether the numbers can be trusted.
func cycleAnswers(run *Run, c *Curves, notes footnotes) []answer {
	if len(c.Rows) == 0 {
		return nil
	}
	learned := learns(run, c, notes)
	efficiency := answer{Question: "What became of the information bought?", Short: "Cannot tell", Class: "open", Because: "No step was measured.", Notes: notes.of("sum_extracted", "sum_bought", "efficiency")}
	extracted, i := c.Last("sum_extracted")
	if bought, j := c.Last("sum_bought"); i >= 0 && i == j && bought > 0 {
		efficiency.Short, efficiency.Class = minus(percent(extracted/bought))+" became work", ""
		efficiency.Because = fmt.Sprintf("%s; %s nats of it became work beyond the free energy, the rest was dissipated.", boughtWords(c, bought, i), minus(brief(extracted)))
	}
	return []answer{learned, efficiency, trust(run)}
}

// learns says yes where the linear probe gains on the random encoder, by the verdict of the books once they are closed:
// they know how many degrees of freedom the error has, Student's t of the replicas alone does not. Labels that have collapsed qualify it, for a probe may gain from what the encoder learned before.
func learns(run *Run, c *Curves, notes footnotes) answer {
	a := answer{Question: "Did it learn?", Short: "Cannot tell", Class: "open", Because: "No probe was fitted.", Notes: notes.of("probe", "probe_random", "probe_gain", "collapsed")}
	probe, i := c.Last("probe")
	random, j := c.Last("probe_random")
	if i >= 0 && j >= 0 {
		a.Because = fmt.Sprintf("A linear probe is right on %s of the test images, on %s with the random encoder.", percent(probe), percent(random))
		gain, half := probe-random, cycleT(c)*c.Column("probe_gain_se")[i]
		switch verdict := run.verdictOn("learning"); {
		case verdict == Pass:
			a.Short, a.Class = "Yes", "pass"
		case verdict == Fail:
			a.Short, a.Class = "No, it lost", "fail"
		case verdict == CannotTell:
			a.Short = "Not seen"
		case math.IsNaN(half):
			a.Because += " The error of the difference is not known."
		case gain > half:
			a.Short, a.Class = "Yes", "pass"
		case gain < -half:
			a.Short, a.Class = "No, it lost", "fail"
		default:
			a.Short = "Not seen"
		}
	}
	if share, i := c.Last("collapsed"); i >= 0 && share > 0 {
		if a.Class == "pass" {
			a.Short, a.Class = "Yes, but collapsed", "open"
		}
		a.Because += fmt.Sprintf(" At the end the labels have collapsed in %s of the replicas.", percent(share))
	}
	return a
}
