package report

import (
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// methods are the ways to a free energy: the ending of their columns, their names and their looks.
var methods = []struct {
	ending, name string
	look         draw.LineStyle
}{
	{"exact", "exact", solid(black, 2.4)},
	{"ais", "annealed importance sampling", solid(orange, 1.6)},
	{"bar", "two-sided work (Bennett)", dashed(green, 1.6, 2, 2)},
	{"work", "work of the observer chains (Jarzynski)", dashed(blue, 1.6, 5, 4)},
}

// byMethodPanel draws the columns prefix + exact, ais, bar and work, multiplied by sign.
func byMethodPanel(run *Run, c *Curves, title, ylabel, prefix string, sign float64) *panel {
	p := newPanel(title, ylabel, linear{}, c.Column("step"))
	shown := false
	for _, m := range methods {
		y := c.Column(prefix + m.ending)
		for i := range y {
			y[i] *= sign
		}
		if !anyFinite(y) {
			continue
		}
		half := halfWidths(run, c, prefix+m.ending)
		lo, hi := around(y, half)
		p.show(series{name: m.name, columns: []string{prefix + m.ending}, y: y, lo: lo, hi: hi, look: m.look, outline: true})
		shown = shown || anyFinite(half)
	}
	if shown {
		p.note("%s", errorNote(run))
	}
	if p.values.empty() {
		p.noteAbsent(run, c, prefix+"exact", prefix+"ais", prefix+"work")
	}
	return p
}

func fluctuationPanel(run *Run, c *Curves) *panel {
	p := newPanel("Integral fluctuation theorem", "< exp(−(w − ΔF)) >", linear{}, c.Column("step"))
	value, se := c.Column("ift"), c.Column("ift_se")
	lo, hi := make([]float64, len(value)), make([]float64, len(value))
	for i, v := range value {
		lo[i], hi[i] = v-2*se[i], v+2*se[i]
	}
	if anyFinite(value) {
		p.show(series{name: "average ± two standard errors", columns: []string{"ift"}, y: value, lo: lo, hi: hi, look: solid(blue, 1.4), bars: true})
		p.level(1, "", "1, which the theorem demands", dashed(black, 0.9, 5, 3))
	}
	resampled, _ := c.Last("resampled")
	if ess := c.Column("ess"); anyFinite(ess) {
		p.show(series{name: "effective share of the chains", columns: []string{"ess"}, y: ess, look: solid(orange, 1.2)})
		p.note("Over the whole run so far; the chains were resampled %s times a replica.", number(resampled))
	} else if anyFinite(value) {
		p.note("Over the interval before each observation.")
	}
	p.noteAbsent(run, c, "ift")
	return p
}

func freeEnergyFigure(run *Run, c *Curves, w, h vg.Length) *figure {
	return &figure{name: "free-energy", title: "Free energy and log-likelihood by every method against the training step",
		cells: [][][]*panel{{
			{byMethodPanel(run, c, "Free energy", "F(θ) − F(θ₀) (nats)", "delta_f_", 1)},
			{byMethodPanel(run, c, "Log-likelihood of held-out examples", "ln p (nats per example)", "test_nll_", -1)},
		}}, width: 2*w + 0.3*vg.Inch, height: 1.15 * h}
}

func fluctuationFigure(run *Run, c *Curves, densities []WorkDensity, w, h vg.Length) *figure {
	return &figure{name: "fluctuations", title: "The fluctuation theorems: average of exp(-(w - ΔF)), and densities of forward and reverse work",
		cells: [][][]*panel{{{fluctuationPanel(run, c)}, {crooksPanel(densities)}}}, width: 2*w + 0.3*vg.Inch, height: 1.1 * h}
}
