package experiment

import (
	"fmt"
	"math"

	"calorimeter/instrument/estimate"
	"calorimeter/instrument/record"
	"calorimeter/instrument/testsystems"
)

const parsi = "Parsi 2024, Entropy 26(2) 112, arXiv:2310.19802"

var _ = declare(&Experiment{
	Name:  "balance",
	Title: "Accumulated information appears as entropy production",
	Claim: "Who sees samples and heat, and not the weights, takes the gain of information for dissipation: the " +
		"apparent entropy production A = ΔS(X) − Q is the conditional entropy production Σ = W − ΔF plus the gain " +
		"of I(X;Θ).",
	Source: parsi + "; efficiency of learning: Goldt & Seifert 2017, Phys. Rev. Lett. 118, 010601",
	Caption: "Apparent entropy production A = Σ + gain of I(X;Θ) over training. a: Gaussian model, cumulated, the " +
		"closed forms dashed. b: the share η = gain of I(X;Θ) / A there. c: MADE on MNIST digits, cumulated; A and " +
		"the gain by the middle of their bounds, bars from the lower end of the lower bound to the upper end of the " +
		"upper one. d: η there. Bars are 95 % intervals over training sets.",
	Limits: []string{
		"I(X;Θ) of a network is bracketed, not known: its lower bound cannot pass the logarithm of the number of " +
			"training sets.",
		"Σ, and with it η, depends on the schedule of observations.",
	},
	Exact: Trial{
		Jobs: []Job{{Name: "gaussian", Settings: []string{
			"model=gaussian", "dim=8", "data-sigma=2", "steps=60", "datasets=64", "replicas=2", "chains=32",
			"permutations=0",
		}}},
		Judge: exactBalance,
	},
	Network: Trial{Jobs: []Job{{Name: "made", Settings: []string{"model=made"}}}, Judge: networkBalance},
})

// exactBalance holds heat, work and information of the Gaussian model against its closed forms.
func exactBalance(runs []*Run) (Outcome, error) {
	g, err := runs[0].Gaussian()
	if err != nil {
		return Outcome{}, err
	}
	observed := runs[0].Observed()
	truth := apparentTruth(g, observed)
	end := len(observed) - 1
	t := observed[end]
	r := runs[0]
	// A = S(X_n) - S(X_0) - Q: of heat, with the entropy of the samples known.
	seen := r.Last("heat").Scale(-1).Plus(g.EntropyX(t) - g.EntropyX(0))
	share := informationShare(r, t)
	o := Outcome{
		Setup: fmt.Sprintf("Gaussian model, %d training sets, %d steps", r.Datasets, r.Steps),
		Statements: []record.Statement{
			equals("Σ, of work", "nats", r.Last("entropy_production"), truth.sigma[end]),
			brackets("gain of I(X;Θ), of likelihoods", "nats", gain(r, "x_info_lo", t), gain(r, "x_info_hi", t),
				truth.gain[end]),
			equals("A, of heat and the entropy of the samples", "nats", seen, truth.sigma[end]+truth.gain[end]),
			brackets("A, as Σ and the gain of I(X;Θ)", "nats", r.Last("apparent_production_lo"),
				r.Last("apparent_production_hi"), truth.sigma[end]+truth.gain[end]),
			covers("share η of A that is information", "1", share, truth.gain[end]/(truth.sigma[end]+truth.gain[end])),
		},
		Diagrams: balanceDiagrams(r, &truth),
		Answer:   fmt.Sprintf("on the Gaussian model all of them are the closed forms, with η = %v", share),
	}
	return o, nil
}

// balanceTruth is what is known of the Gaussian model at the observations.
type balanceTruth struct{ sigma, gain []float64 }

func apparentTruth(g testsystems.GaussianPPM, observed []int) balanceTruth {
	truth := balanceTruth{sigma: g.CumulativeWork(observed)}
	for _, t := range observed {
		truth.gain = append(truth.gain, g.XInfo(t)-g.XInfo(observed[0]))
	}
	return truth
}

// networkBalance says what a network's entropy production and information come to.
func networkBalance(runs []*Run) (Outcome, error) {
	r := runs[0]
	observed := r.Observed()
	t := observed[len(observed)-1]
	sigma, share := r.Last("entropy_production"), informationShare(r, t)
	apparent := Between(r.Last("apparent_production_lo"), r.Last("apparent_production_hi"))
	lower := gain(r, "x_info_lo", t)
	sum := estimate.Point(r.Last("apparent_production_lo").Value-sigma.Value-lower.Value, "an identity")
	added := record.Statement{
		Text: "A − Σ − gain of I(X;Θ)", Figure: sum, Unit: "nats", Expected: "0", Verdict: record.Holds,
	}
	if !(math.Abs(sum.Value) < 1e-9) {
		added.Verdict = record.Fails
	}
	return Outcome{
		Setup: r.Setup,
		Statements: []record.Statement{
			identity(added),
			atLeast("Σ, summed over the observations", "nats", sigma, 0),
			atLeast("gain of I(X;Θ), by its lower bound", "nats", lower, 0),
			within("share η of A that is information", "1", share, 0, 1),
		},
		Diagrams: balanceDiagrams(r, nil),
		Answer: fmt.Sprintf("of A = %v nats, the share %v is information; the rest is dissipated whatever is known",
			apparent, share),
		Sharpen: []string{
			"more training sets, which raise the ceiling of the lower bound of I(X;Θ)",
			"more replicas of each, which bring its upper bound down",
		},
	}, nil
}

// balanceDiagrams show A, Σ and the gain of I(X;Θ) over training, and their ratio.
func balanceDiagrams(r *Run, truth *balanceTruth) []record.Diagram {
	apparent, sigma := line("A", "A = Σ + gain of I(X;Θ)", 0), line("Σ", "Σ = W − ΔF", 0)
	information, share := line("I", "gain of I(X;Θ)", 0), line("I", "", 0)
	var guides [4]record.Line
	for i := range guides {
		guides[i] = guide("closed form", nil, nil)
	}
	for n, t := range r.Observed() {
		x := float64(t)
		apparent.Add(x, Between(r.At("apparent_production_lo", t), r.At("apparent_production_hi", t)))
		sigma.Add(x, r.At("entropy_production", t))
		information.Add(x, Between(gain(r, "x_info_lo", t), gain(r, "x_info_hi", t)))
		if n > 0 {
			share.Add(x, informationShare(r, t))
		}
		if truth == nil {
			continue
		}
		s, i := truth.sigma[n], truth.gain[n]
		for k, y := range []float64{s + i, s, i, i / (s + i)} {
			if !math.IsNaN(y) {
				guides[k].X, guides[k].Y = append(guides[k].X, x), append(guides[k].Y, y)
			}
		}
	}
	sums := record.Diagram{
		X: "training step", Y: "cumulated (nats)", XScale: record.Steps, Lines: []record.Line{apparent, sigma, information},
	}
	ratio := record.Diagram{X: "training step", Y: "share η of A that is information", XScale: record.Steps,
		Lines: []record.Line{share}}
	if truth != nil {
		sums.Lines = append(sums.Lines, guides[:3]...)
		ratio.Lines = append(ratio.Lines, guides[3])
	}
	return []record.Diagram{sums, ratio}
}

// gain is the change of a bound on I(X;Θ) since the first observation, at its most cautious: of a lower bound the upper
// one at the start is taken, and of an upper bound the lower one.
func gain(r *Run, bound string, t int) estimate.Estimate {
	other := map[string]string{"x_info_lo": "x_info_hi", "x_info_hi": "x_info_lo"}[bound]
	return estimate.Difference(r.At(bound, t), r.At(other, r.Observed()[0]))
}

// informationShare is η = gain of I(X;Θ) / A, between what the ends of the intervals allow.
func informationShare(r *Run, t int) estimate.Estimate {
	sigma := r.At("entropy_production", t)
	lower, upper := gain(r, "x_info_lo", t), gain(r, "x_info_hi", t)
	if !sigma.HasInterval() || !lower.HasInterval() || !upper.HasInterval() {
		return estimate.Unknown("Σ or a bound of I(X;Θ) has no interval")
	}
	share := func(gain, sigma float64) float64 { return gain / (gain + sigma) }
	if lower.Lo+sigma.Hi <= 0 || upper.Hi+sigma.Lo <= 0 {
		return estimate.Unknown("A cannot be told from 0")
	}
	return estimate.Estimate{
		Value: share((lower.Value+upper.Value)/2, sigma.Value), SE: math.NaN(),
		Lo: share(lower.Lo, sigma.Hi), Hi: share(upper.Hi, sigma.Lo), Confidence: estimate.Confidence,
	}
}
