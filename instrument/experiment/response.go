package experiment

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"calorimeter/instrument/estimate"
	"calorimeter/instrument/record"
	"calorimeter/instrument/testsystems"
)

var _ = declare(&Experiment{
	Name:  "response",
	Title: "Linear response, and the fluctuation theorem in detail",
	Claim: "Samples respond to the motion of the weights as a system near equilibrium does: where an interval " +
		"dissipates little, the fluctuation of work gives its dissipation, Var(w)/2 = Σ; and in every interval, however " +
		"far from equilibrium, ln P(w)/P′(−w) = w − ΔF.",
	Source: "Jarzynski 1997, Phys. Rev. Lett. 78, 2690; Crooks 1999, Phys. Rev. E 60, 2721; of samples and weights: " +
		parsi,
	Caption: "Response of samples to the weights. a: Var(w)/2Σ of each interval against what it dissipates, with the " +
		"closed forms dashed: 1 for the Gaussian model, the rising curve for an oscillator that is stiffened at once. b: " +
		"Detailed fluctuation theorem there, forward work w by P and reverse work by P′, all intervals; a line of slope 1. " +
		"c and e: the same of MADE on MNIST digits, two schedules of observations. d: Slope of ln P(w)/P′(−w) of each " +
		"interval of the closer schedule. f: Heat capacity Var(φ) of the samples at fixed weights. Where three standard " +
		"errors reach half the value no point is drawn. Bars are 95 % intervals over training sets.",
	Limits: []string{
		"Work is that of switching the weights at once from observation to observation: a finer schedule has smaller steps.",
		"Crooks' theorem holds for any model whose samples are exact: that it does here shows that samples, energies and " +
			"signs are right.",
		"ΔF must be known exactly: normalised models.",
	},
	Exact: Trial{
		Jobs: []Job{{Name: "gaussian", Settings: []string{
			"model=gaussian", "dim=2", "data-sigma=4", "steps=60", "temperature=0.1", "datasets=40", "replicas=1",
			"chains=128", "permutations=0",
		}}},
		Judge: exactResponse,
	},
	Network: Trial{
		Jobs: []Job{
			{Name: "close", Settings: []string{"model=made", "chains=64", "permutations=0", "observations=25"}},
			{Name: "far", Settings: []string{"model=made", "chains=64", "permutations=0", "observations=8"}},
		},
		Varies: []string{"observations"},
		Judge:  networkResponse,
	},
})

// littleDissipation is what an interval of small steps dissipates at most, nats: k_B T.
const littleDissipation = 1

// exactResponse holds the Gaussian model, whose work is Gaussian given the weights, and oscillators whose work is not,
// against their closed forms.
func exactResponse(runs []*Run) (Outcome, error) {
	r := runs[0]
	g, err := r.Gaussian()
	if err != nil {
		return Outcome{}, err
	}
	all, err := switchings(r)
	if err != nil {
		return Outcome{}, err
	}
	rng := rand.New(rand.NewPCG(1, 6))
	quenched := works{perSet: 1}
	for _, ratio := range quenchRatios {
		quenched.of = append(quenched.of, quench(ratio, rng))
	}
	slope, crossing := all.crooks()
	slopes, _ := all.slopes()
	return Outcome{
		Setup: fmt.Sprintf("Gaussian model, %d training sets, %d steps; oscillators that are stiffened at once", r.Datasets,
			r.Steps),
		Statements: append([]record.Statement{
			equals("Var(w)/2Σ, all intervals", "1", all.response(), 1),
			everywhere("Var(w)/2Σ, interval by interval", "1", linearResponses(r), 1),
			equals("slope of ln P/P′, all intervals", "1", slope, 1),
			everywhere("slope of ln P/P′, interval by interval", "1", slopes, 1),
			equals("where ln P/P′ = 0, less ΔF", "nats", crossing, 0),
			equals("heat capacity Var(φ)", "nats²", r.Last("heat_capacity"), float64(g.Dim)/2),
		}, quenchStatements(quenched)...),
		Diagrams: []record.Diagram{
			responseDiagram(quenchTruth(), all.responses(line("Σ", "", 0)), quenched.responses(line("Σ", "", 0))),
			detailedDiagram(all.detailed(line("Σ", "", 0)), quenched.detailed(line("Σ", "", 0))),
		},
		Answer: fmt.Sprintf("on the Gaussian model Var(w)/2Σ = %v and the slope of Crooks is %v", all.response(), slope),
	}, nil
}

// linearResponses are the readings of linear_response.
func linearResponses(r *Run) (each []estimate.Estimate) {
	for _, t := range r.Observed()[1:] {
		each = append(each, r.At("linear_response", t))
	}
	return each
}

// The oscillators: to so many times their stiffness, so many sets of so many chains.
var quenchRatios = []float64{1.4, 2, 4, 8}

const quenchSets, quenchChains = 32, 256

// quench is the work of stiffening an oscillator at once.
func quench(ratio float64, rng *rand.Rand) switching {
	h := testsystems.HarmonicQuench{Stiffness: 1, Ratio: ratio}
	s := switching{deltaF: h.DeltaF()}
	for range quenchSets {
		forward, reverse := h.Sample(quenchChains, rng)
		s.forward, s.reverse = append(s.forward, forward), append(s.reverse, reverse)
	}
	return s
}

// quenchResponse returns what a quench dissipates, and Var(w)/2Σ.
func quenchResponse(ratio float64) (sigma, response float64) {
	h := testsystems.HarmonicQuench{Stiffness: 1, Ratio: ratio}
	sigma = h.MeanWork() - h.DeltaF()
	return sigma, (ratio - 1) * (ratio - 1) / 4 / sigma
}

// quenchStatements hold oscillators against their closed forms: far from equilibrium Var(w)/2Σ is not 1, and Crooks'
// theorem holds all the same.
func quenchStatements(w works) (held []record.Statement) {
	for n, ratio := range quenchRatios {
		_, truth := quenchResponse(ratio)
		text := fmt.Sprintf("Var(w)/2Σ of an oscillator, K to %gK", ratio)
		held = append(held, equals(text, "1", w.alone(n).response(), truth))
	}
	slope, crossing := w.crooks()
	return append(held,
		equals("slope of ln P/P′ of oscillators", "1", slope, 1),
		equals("where ln P/P′ = 0, less ΔF, of oscillators", "nats", crossing, 0))
}

// networkResponse says where a network's samples respond linearly, and holds every interval against Crooks' theorem.
func networkResponse(runs []*Run) (Outcome, error) {
	r := runs[0]
	near, err := switchings(r)
	if err != nil {
		return Outcome{}, err
	}
	far, err := switchings(runs[1])
	if err != nil {
		return Outcome{}, err
	}
	all := works{of: slices.Concat(near.of, far.of), perSet: near.perSet}
	little := func(n int) bool { return all.alone(n).production().Value <= littleDissipation }
	small, large := all.where(little), all.where(func(n int) bool { return !little(n) })
	slope, crossing := all.crooks()
	slopes, _ := all.slopes()
	_, ofSteps := near.slopes()
	response := small.response()
	return Outcome{
		Setup: fmt.Sprintf("%s, observed %d and %d times", r.Setup, len(near.of)+1, len(far.of)+1),
		Statements: []record.Statement{
			within(fmt.Sprintf("Var(w)/2Σ where Σ of an interval is at most %d nat, %d of %d intervals", littleDissipation,
				len(small.of), len(all.of)), "1", response, 0.8, 1.25),
			equals("slope of ln P/P′, all intervals", "1", slope, 1),
			everywhere("slope of ln P/P′, interval by interval", "1", slopes, 1),
			equals("where ln P/P′ = 0, less ΔF", "nats", crossing, 0),
			atLeast("heat capacity Var(φ) at the end", "nats²", r.Last("heat_capacity"), 0),
		},
		Diagrams: []record.Diagram{
			responseDiagram(all.responses(line("Σ", "", 0))), slopeDiagram(ofSteps),
			detailedDiagram(all.detailed(line("Σ", "", 0))), heatCapacityDiagram(r),
		},
		Answer: fmt.Sprintf("Var(w)/2Σ = %v where an interval dissipates at most %d nat and %v where it dissipates more; "+
			"the slope of ln P/P′ is %v", response, littleDissipation, large.response(), slope),
		Sharpen: []string{
			"more observer chains, which bring down the error of every interval",
			"more training sets, which the errors are over",
		},
	}, nil
}

// responseDiagram shows Var(w)/2Σ against Σ.
func responseDiagram(lines ...record.Line) record.Diagram {
	return record.Diagram{
		X: "Σ of the interval (nats)", Y: "Var(w) / 2Σ", XScale: record.Log, Lines: append(lines, unity(lines)),
	}
}

// unity is a guide at 1 as wide as the lines.
func unity(lines []record.Line) record.Line {
	from, to := math.Inf(1), math.Inf(-1)
	for _, l := range lines {
		for _, x := range l.X {
			from, to = min(from, x), max(to, x)
		}
	}
	return guide("", []float64{from, to}, []float64{1, 1})
}

// quenchTruth is the closed form of an oscillator's response.
func quenchTruth() record.Line {
	l := guide("closed form", nil, nil)
	for ratio := 1.1; ratio < 10; ratio *= 1.1 {
		sigma, response := quenchResponse(ratio)
		l.X, l.Y = append(l.X, sigma), append(l.Y, response)
	}
	return l
}

// slopeDiagram shows Crooks' slopes over training.
func slopeDiagram(l record.Line) record.Diagram {
	return record.Diagram{
		X: "training step", Y: "slope of ln P(w)/P′(−w)", XScale: record.Steps,
		Lines: []record.Line{l, unity([]record.Line{l})},
	}
}

// detailedDiagram shows the detailed fluctuation theorem.
func detailedDiagram(lines ...record.Line) record.Diagram {
	ends := []float64{-binWidth * binsAside, binWidth * binsAside}
	return record.Diagram{
		X: "w − ΔF (nats)", Y: "ln P(w)/P′(−w)", Lines: append(lines, guide("slope 1", ends, ends)),
	}
}

// heatCapacityDiagram shows Var(φ) over training.
func heatCapacityDiagram(r *Run) record.Diagram {
	l := line("Q", "", 0)
	for _, t := range r.Observed() {
		l.Add(float64(t), r.At("heat_capacity", t))
	}
	return record.Diagram{
		X: "training step", Y: "Var(φ) at fixed θ (nats²)", XScale: record.Steps, Lines: []record.Line{l},
	}
}
