package validate

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"

	"calorimeter/instrument"
	"calorimeter/instrument/ensemble"
	"calorimeter/instrument/estimate"
	"calorimeter/instrument/testsystems"
	"calorimeter/model"
)

// EnsembleSize is how many replicas an ensemble has, and what each is asked.
type EnsembleSize struct {
	Datasets int // D, independent training sets, the units of every interval
	Replicas int // R, trained on each
	Chains   int // K, observer chains of each
}

const (
	observations = 4    // of an ensemble, evenly spaced in ln(step), the first at step 0
	heldOut      = 1000 // examples
)

// Gaussian poses the Gaussian model as a network: model.Gaussian on Gorgonia, trained by package ensemble exactly as
// the default job trains it, and judged by its Row at the last of four observations. The truths are those of
// [testsystems.GaussianPPM]. The held-out examples have mean 0 and variance s0^2 exactly, as the population has.
func Gaussian(g testsystems.GaussianPPM, size EnsembleSize) (*System, error) {
	s, err := gaussian("gaussian", g, size)
	if err != nil {
		return nil, err
	}
	s.Simulate = func(ctx context.Context, rng *rand.Rand, workers int) (any, error) {
		sets := make([][]float32, size.Datasets)
		for d := range sets {
			sets[d] = flatten(g.DrawData(rng))
		}
		e, err := ensemble.New(ensemble.Config{
			Seed: rng.Uint64(), Replicas: size.Replicas, Chains: size.Chains, Batch: g.Subset, Rate: g.Rate,
			Temperature: g.Temperature, Independent: true, Observe: observed(g), Workers: workers,
		}, func() (model.PPM, error) {
			return model.NewGaussian(model.GaussianSettings{
				Dim: g.Dim, Sigma: g.Sigma, InitVar: g.InitVar, Batch: g.Subset,
				EvalBatch: min(4096, size.Datasets*size.Replicas*size.Chains), Precision: model.Float64,
			})
		}, sets, population(g, rng))
		if err != nil {
			return nil, err
		}
		defer e.Close()
		var last *ensemble.Observation
		if err := e.Run(ctx, func(o *ensemble.Observation) error { last = o; return nil }); err != nil {
			return nil, err
		}
		return last.Row(), nil
	}
	return s, nil
}

// gaussian is the system without its simulation, which must give an *ensemble.Row.
func gaussian(name string, g testsystems.GaussianPPM, size EnsembleSize) (*System, error) {
	if err := g.Validate(); err != nil {
		return nil, err
	}
	for _, least := range []struct {
		name  string
		value int
	}{
		{"training steps", g.Steps}, {"training sets", size.Datasets},
		{"replicas", size.Replicas}, {"observer chains", size.Chains},
	} {
		if least.value < 1 {
			return nil, fmt.Errorf("validate: %d %s: need 1 or more", least.value, least.name)
		}
	}
	t, steps := g.Steps, observed(g)
	work := g.CumulativeWork(steps)[len(steps)-1]
	row := func(f func(r *ensemble.Row) estimate.Estimate) func(any, *rand.Rand) estimate.Estimate {
		return on(func(r *ensemble.Row, _ *rand.Rand) estimate.Estimate { return f(r) })
	}
	memorized := Value
	if g.Dim > min(size.Datasets-1, size.Datasets*(size.Replicas-1))/2 {
		memorized = Lower // seen in a projection
	}
	s := &System{
		Name: name,
		Parameters: parameters("dim", g.Dim, "sigma", g.Sigma, "data-sigma", g.DataSigma, "init-var", g.InitVar,
			"subset", g.Subset, "lr", g.Rate, "temperature", g.Temperature, "steps", t,
			"datasets", size.Datasets, "replicas", size.Replicas, "chains", size.Chains),
		Cases: []Case{
			{Quantity: "m_info", Estimator: "Memorized", Kind: memorized, Truth: g.MInfo(t),
				Estimate: row(func(r *ensemble.Row) estimate.Estimate { return r.MInfo })},
			{Quantity: "m_info", Estimator: "mixture of drawn sets, lower", Kind: Lower, Truth: g.MInfo(t),
				Given:    "the drawn training sets",
				Estimate: row(func(r *ensemble.Row) estimate.Estimate { return r.MInfoFinite.Lower })},
			{Quantity: "l_info", Estimator: "Bounds, lower", Kind: Lower, Truth: g.LInfo(t),
				Estimate: row(func(r *ensemble.Row) estimate.Estimate { return r.LInfo.Lower })},
			{Quantity: "l_info", Estimator: "Bounds, upper", Kind: Upper, Truth: g.LInfo(t),
				Estimate: row(func(r *ensemble.Row) estimate.Estimate { return r.LInfo.Upper })},
			{Quantity: "x_info", Estimator: "Bounds, lower", Kind: Lower, Truth: g.XInfo(t),
				Estimate: row(func(r *ensemble.Row) estimate.Estimate { return r.XInfo.Lower })},
			{Quantity: "x_info", Estimator: "Bounds, upper", Kind: Upper, Truth: g.XInfo(t),
				Estimate: row(func(r *ensemble.Row) estimate.Estimate { return r.XInfo.Upper })},
			{Quantity: "x_info_given_data", Estimator: "Bounds, lower", Kind: Lower, Truth: g.XInfoGivenData(t),
				Estimate: row(func(r *ensemble.Row) estimate.Estimate { return r.NoiseInfo.Lower })},
			{Quantity: "x_info_given_data", Estimator: "Bounds, upper", Kind: Upper, Truth: g.XInfoGivenData(t),
				Estimate: row(func(r *ensemble.Row) estimate.Estimate { return r.NoiseInfo.Upper })},
			{Quantity: "s_theta", Estimator: "Cloud.Entropy", Truth: g.EntropyTheta(t),
				Estimate: row(func(r *ensemble.Row) estimate.Estimate { return r.ThetaEntropy })},
			{Quantity: "s_x_given_theta", Estimator: "Ledger", Truth: g.EntropyXGivenTheta(),
				Estimate: row(func(r *ensemble.Row) estimate.Estimate { return r.SampleEntropy })},
			{Quantity: "work", Estimator: "Ledger", Truth: work,
				Estimate: row(func(r *ensemble.Row) estimate.Estimate { return r.Work })},
			{Quantity: "heat", Estimator: "Ledger", Truth: -work,
				Estimate: row(func(r *ensemble.Row) estimate.Estimate { return r.Heat })},
			{Quantity: "entropy_production", Estimator: "Ledger", Truth: work,
				Estimate: row(func(r *ensemble.Row) estimate.Estimate { return r.EntropyProduction })},
			{Quantity: "delta_f", Estimator: "Ledger", Truth: 0,
				Estimate: row(func(r *ensemble.Row) estimate.Estimate { return r.DeltaF })},
			{Quantity: "ift", Estimator: "FluctuationAverage", Truth: 1,
				Estimate: row(func(r *ensemble.Row) estimate.Estimate { return r.Fluctuation.Average })},
			{Quantity: "train_nll", Estimator: "mean over replicas", Truth: g.TrainNLL(t),
				Estimate: row(func(r *ensemble.Row) estimate.Estimate { return r.TrainNLL })},
			{Quantity: "test_nll", Estimator: "mean over replicas", Truth: g.TestNLL(t),
				Estimate: row(func(r *ensemble.Row) estimate.Estimate { return r.TestNLL })},
		},
	}
	if g.Temperature > 0 {
		bound := row(func(r *ensemble.Row) estimate.Estimate { return r.MInfoNoise })
		s.Cases = append(s.Cases,
			Case{Quantity: "m_info", Estimator: "NoiseBound, upper", Kind: Upper, Truth: g.MInfo(t), Estimate: bound},
			Case{Quantity: "m_info_noise", Estimator: "NoiseBound", Truth: noiseBound(g), Estimate: bound})
	}
	return s, nil
}

func observed(g testsystems.GaussianPPM) []int { return instrument.LogSteps(1, g.Steps, observations) }

// noiseBound is the expectation of the noise bound as package ensemble takes it: the smaller of the sums of r
// E|g-c|^2/(4T) for c = 0, where g = (theta_t - mean b)/s^2 has the variance (v_t + a^{2t} s0^2/N)/s^4 in each
// coordinate, and for c the gradient on N held-out examples, where g - c = (mean b' - mean b)/s^2 has 2 (s0^2/N)/s^4.
func noiseBound(g testsystems.GaussianPPM) float64 {
	a := 1 - g.Rate/(g.Sigma*g.Sigma)
	mean := g.DataSigma * g.DataSigma / float64(g.Subset)
	var plain, centred float64
	for t := range g.Steps {
		plain += g.WeightVariance(t) + math.Pow(a, 2*float64(t))*mean
		centred += 2 * mean
	}
	return min(plain, centred) * float64(g.Dim) * g.Rate / (4 * g.Temperature * math.Pow(g.Sigma, 4))
}

// population draws held-out examples of mean 0 and variance s0^2: pairs x, -x, scaled.
func population(g testsystems.GaussianPPM, rng *rand.Rand) []float32 {
	x := make([]float64, heldOut*g.Dim)
	half := len(x) / 2
	for j := range g.Dim {
		sum := 0.0
		for i := j; i < half; i += g.Dim {
			x[i] = rng.NormFloat64()
			sum += x[i] * x[i]
		}
		scale := g.DataSigma / math.Sqrt(sum/float64(half/g.Dim))
		for i := j; i < half; i += g.Dim {
			x[i] *= scale
			x[half+i] = -x[i]
		}
	}
	out := make([]float32, len(x))
	for i, v := range x {
		out[i] = float32(v)
	}
	return out
}

func flatten(rows [][]float64) []float32 {
	var out []float32
	for _, row := range rows {
		for _, v := range row {
			out = append(out, float32(v))
		}
	}
	return out
}
