package record

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/stat/distuv"
)

// Tally counts comparisons that hold within three standard errors, but for chance: of many true ones some miss, up to
// one in a hundred with averages as skewed as those of exponentials.
type Tally struct {
	Tested int
	Missed int // of these, beyond 3 errors
	Open   int // that cannot be compared
	Worst  float64
	At     int // step of the worst
}

// Enter counts a comparison at a step, z standard errors off.
func (t *Tally) Enter(z float64, step int) {
	t.Tested++
	if z >= t.Worst {
		t.Worst, t.At = z, step
	}
}

// Verdict passes where nothing is missed, and fails where more is than one in a hundred explains, or one by far. It
// cannot tell where nothing was tested, or chance explains what is missed.
func (t *Tally) Verdict() Verdict {
	const chance = 0.01
	switch {
	case t.Tested == 0:
		return CannotTell
	case t.Missed == 0:
		return Pass
	case distuv.Binomial{N: float64(t.Tested), P: chance}.Survival(float64(t.Missed-1)) < chance || t.Worst > 5:
		return Fail
	}
	return CannotTell
}

// Beyond says how many are missed; empty where none is.
func (t *Tally) Beyond() string {
	if t.Missed == 0 {
		return ""
	}
	return fmt.Sprintf("; %d beyond 3", t.Missed)
}

// Expectations checks the readings of quantities that come out as a known number where all is well ([Info].Expected)
// and that others rest on ([Info].Judges): each reading with an interval against that number, within three of the
// standard errors that the interval states.
func Expectations(h *History) (checks []Check) {
	for _, info := range h.Infos() {
		if info.Expected == 0 || len(info.Judges) == 0 {
			continue
		}
		c := Check{
			Name: info.Heading(), Columns: append([]string{info.Name}, info.Judges...),
			Detail: fmt.Sprintf("each reading of %s against %v, within 3 standard errors, where it has an interval", info.Name,
				info.Expected),
		}
		var t Tally
		steps, readings := h.Series(info.Name)
		for i, r := range readings {
			if !r.HasInterval() || len(r.Warnings) > 0 || !(r.StatedSE() > 0) {
				t.Open++
				continue
			}
			z := math.Abs(r.Value-info.Expected) / r.StatedSE()
			if z > 3 {
				t.Missed++
			}
			t.Enter(z, steps[i])
		}
		c.Verdict = t.Verdict()
		c.Figure = fmt.Sprintf("%d of %d readings can be tested: worst %.1f standard errors from %v (step %d)%s", t.Tested,
			t.Tested+t.Open, t.Worst, info.Expected, t.At, t.Beyond())
		if t.Tested == 0 {
			c.Figure = fmt.Sprintf("none of %s can be tested", Plural(t.Open, "reading"))
		}
		checks = append(checks, c)
	}
	return checks
}
