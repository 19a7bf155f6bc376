package experiment

import (
	"fmt"
	"math"
	"slices"

	"calorimeter/instrument/estimate"
	"calorimeter/instrument/record"
)

var _ = declare(&Experiment{
	Name:  "quasi-static",
	Title: "Learned slowly, all that is dissipated is information",
	Claim: "In the quasi-static limit, learning rate r → 0 at fixed r t with the samples following every step, the " +
		"entropy production Σ falls in proportion to r, and the apparent entropy production A becomes the gain of " +
		"I(X;Θ).",
	Source: parsi,
	Caption: "The quasi-static limit: r → 0 at fixed r t, samples following every training step. a: Gaussian model, " +
		"entropy production Σ without noise (T = 0) and with it, closed forms dashed: the diffusion of the weights " +
		"dissipates m T r t / s² however slowly they learn. b: the share η = gain of I(X;Θ) / A there, at T = 0. c, " +
		"d: the same of MADE on MNIST digits at T = 0, and a line in proportion to r. Bars are 95 % intervals over " +
		"training sets; those of η hold both bounds of I(X;Θ).",
	Limits: []string{
		"That A becomes information is inferred for a network, from a Σ that falls in proportion to r and a gain of " +
			"I(X;Θ) that does not: rates at which it would be seen take too long.",
		"A network's Σ is in proportion to r only where r is far below what its steepest directions allow: an " +
			"exponent above 1 is one that still comes down.",
		"At T > 0 the weights diffuse for ever, and the limit is not 0 but a floor.",
		"Learning by mini-batches dissipates too: its noise is of order r, as the rest is.",
	},
	Exact: Trial{
		Jobs: slices.Concat(
			slowly("T0-r", "temperature=0", 2, []float64{0.2, 0.1, 0.05}, gaussianArgs...),
			slowly("T0.02-r", "temperature=0.02", 2, []float64{0.2, 0.1, 0.05}, gaussianArgs...),
		),
		Judge: exactSlowness,
	},
	Network: Trial{
		Jobs: slowly("made-r", "temperature=0", 12, []float64{0.04, 0.02, 0.01, 0.005}, "model=made", "width=64",
			"datasets=6", "replicas=2", "observations=6", "permutations=0"),
		Varies: []string{"lr", "steps"},
		Judge:  networkSlowness,
	},
})

var gaussianArgs = []string{
	"model=gaussian", "dim=8", "data-sigma=2", "datasets=64", "replicas=1", "chains=32", "observations=4",
	"permutations=0",
}

// slowly are trainings at several rates r whose steps t give the same r t, samples following every step.
func slowly(name, temperature string, length float64, rates []float64, args ...string) (jobs []Job) {
	for _, r := range rates {
		jobs = append(jobs, Job{Name: fmt.Sprintf("%s%g", name, r), Settings: slices.Concat(args, []string{
			"follow=1", temperature, fmt.Sprintf("lr=%g", r), fmt.Sprintf("steps=%.0f", length/r),
		})})
	}
	return jobs
}

// series is Σ and η at rates that fall, of runs over the same training sets.
type series struct {
	rates        []float64
	sigma, share []estimate.Estimate
}

func newSeries(runs []*Run) (s series, err error) {
	for _, r := range runs {
		rate, err := r.Setting("lr")
		if err != nil {
			return s, err
		}
		s.rates = append(s.rates, rate)
		s.sigma = append(s.sigma, r.Last("entropy_production"))
		s.share = append(s.share, informationShare(r, r.Steps))
	}
	return s, nil
}

// exponent is that of Σ in the rate between two successive rates, with its jackknife error over training sets.
func (s series) exponent(between int) estimate.Estimate {
	u, v := s.sigma[between].Units, s.sigma[between+1].Units
	if len(u) < 2 || len(u) != len(v) {
		return estimate.Unknown("Σ of single training sets is not known")
	}
	return estimate.Jackknife(len(u), func(skip int) float64 {
		var at, below float64
		for d := range u {
			if d != skip {
				at, below = at+u[d], below+v[d]
			}
		}
		return slope(s.rates[between:], at, below)
	})
}

// slope is the exponent between the first two rates, where Σ is that.
func slope(rates []float64, at, below float64) float64 {
	return math.Log(at/below) / math.Log(rates[0]/rates[1])
}

// exactSlowness holds Σ and η of the Gaussian model, and the exponent, against their closed forms.
func exactSlowness(runs []*Run) (Outcome, error) {
	half := len(runs) / 2 // without noise, then with it, at the same rates
	quiet, err := newSeries(runs[:half])
	if err != nil {
		return Outcome{}, err
	}
	noisy, err := newSeries(runs[half:])
	if err != nil {
		return Outcome{}, err
	}
	var statements []record.Statement
	var sigma, share []float64
	for i, r := range runs {
		g, err := r.Gaussian()
		if err != nil {
			return Outcome{}, err
		}
		every := make([]int, r.Steps+1)
		for t := range every {
			every[t] = t
		}
		truth, gained := g.CumulativeWork(every)[r.Steps], g.XInfo(r.Steps)-g.XInfo(0)
		sigma, share = append(sigma, truth), append(share, gained/(gained+truth))
		statements = append(statements, equals(fmt.Sprintf("Σ at T = %g, r = %g", g.Temperature, g.Rate), "nats",
			slices.Concat(quiet.sigma, noisy.sigma)[i], truth))
	}
	g, _ := runs[half].Gaussian()
	last := half - 1
	floor := float64(g.Dim) * g.Temperature * g.Rate * float64(g.Steps) / (g.Sigma * g.Sigma)
	added, _ := estimate.Paired(noisy.sigma[last], quiet.sigma[last])
	statements = append(statements,
		equals("exponent of Σ in r at T = 0, between the smallest rates", "1", quiet.exponent(last-1),
			slope(quiet.rates[last-1:], sigma[last-1], sigma[last])),
		equals(fmt.Sprintf("what T = %g adds to Σ at the smallest rate (m T r t / s² = %.3g as r → 0)", g.Temperature, floor),
			"nats", added, sigma[half+last]-sigma[last]),
		covers("η at T = 0 and the smallest rate", "1", quiet.share[last], share[last]))
	top, bottom := []float64{quiet.rates[last], quiet.rates[0]}, []float64{floor, floor}
	return Outcome{
		Setup:      fmt.Sprintf("Gaussian model, %d training sets, r t = %g", runs[0].Datasets, g.Rate*float64(g.Steps)),
		Statements: statements,
		Diagrams: []record.Diagram{
			rateDiagram("entropy production Σ (nats)", record.Log, drawn("Σ", "T = 0", 0, quiet.rates, quiet.sigma),
				drawn("Σ", fmt.Sprintf("T = %g", g.Temperature), 1, noisy.rates, noisy.sigma),
				guide("closed form", quiet.rates, sigma[:half]), guide("closed form", noisy.rates, sigma[half:]),
				guide("floor m T r t / s²", top, bottom)),
			rateDiagram("share η of A that is information", record.Linear, drawn("I", "", 0, quiet.rates, quiet.share),
				guide("closed form", quiet.rates, share[:half])),
		},
		Answer: fmt.Sprintf("on the Gaussian model Σ falls as r to the %v at T = 0, and %v of A is information at the "+
			"smallest r", quiet.exponent(last-1), quiet.share[last]),
	}, nil
}

// networkSlowness says how a network's Σ falls with the rate.
func networkSlowness(runs []*Run) (Outcome, error) {
	s, err := newSeries(runs)
	if err != nil {
		return Outcome{}, err
	}
	last := len(runs) - 1
	exponent := s.exponent(last - 1)
	risen := estimate.Difference(s.share[last], s.share[0])
	line := func(i int) float64 { return s.sigma[last].Value * s.rates[i] / s.rates[last] }
	half := math.NaN() // the rate at which half of A would be information, were Σ in proportion to r from here on
	if share := s.share[last].Value; share > 0 {
		half = s.rates[last] * share / (1 - share)
	}
	return Outcome{
		Setup: runs[0].Setup + fmt.Sprintf(" at r = %g, up to r = %g at the same r t", s.rates[0], s.rates[last]),
		Statements: []record.Statement{
			within("exponent of Σ in r, between the smallest rates", "1", exponent, 0.85, 1.15),
			atLeast("gain of I(X;Θ) at the smallest rate, by its lower bound", "nats",
				gain(runs[last], "x_info_lo", runs[last].Steps), 0),
			atLeast("rise of η from the largest rate to the smallest", "1", risen, 0),
		},
		Diagrams: []record.Diagram{
			rateDiagram("entropy production Σ (nats)", record.Log, drawn("Σ", "", 0, s.rates, s.sigma),
				guide("in proportion to r", []float64{s.rates[0], s.rates[last]}, []float64{line(0), line(last)})),
			rateDiagram("share η of A that is information", record.Linear, drawn("I", "", 0, s.rates, s.share)),
		},
		Answer: fmt.Sprintf("Σ falls from %v to %v nats, as r to the %v at first and to the %v at the end; η rises to %v, "+
			"and half of A would be information at r = %.1g", s.sigma[0], s.sigma[last], s.exponent(0), exponent,
			s.share[last], half),
		Sharpen: []string{
			"more training sets, which narrow the interval of the exponent and raise the ceiling of I(X;Θ)",
			"more replicas of each, which bring the upper bound of I(X;Θ) down",
		},
	}, nil
}

// drawn is a line through estimates.
func drawn(thing, name string, dash int, x []float64, y []estimate.Estimate) record.Line {
	l := line(thing, name, dash)
	for i := range x {
		l.Add(x[i], y[i])
	}
	return l
}

// rateDiagram is a panel over learning rates.
func rateDiagram(axis string, scale record.Scale, lines ...record.Line) record.Diagram {
	return record.Diagram{X: "learning rate r", Y: axis, XScale: record.Log, YScale: scale, Lines: lines}
}
