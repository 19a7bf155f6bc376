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

// Training is how the Gaussian model is trained: a [testsystems.GaussianPPM], whose symbols the texts use.
type Training struct {
	Dim         int     `default:"1" help:"Dimension m."`
	Sigma       float64 `default:"1" help:"Standard deviation s of a sample."`
	DataSigma   float64 `default:"1" help:"Standard deviation s0 of the data."`
	InitVar     float64 `default:"0.01" help:"Variance v0 of the initial weights."`
	Subset      int     `default:"4" help:"Examples N in one training set."`
	Rate        float64 `name:"lr" default:"0.1" help:"Learning rate r."`
	Temperature float64 `default:"0.02" help:"Temperature T of Langevin noise."`
	Steps       int     `default:"40" help:"SGD steps."`
}

// EnsembleSize is how many replicas an ensemble has, and what each is asked. Training sets are the units of every
// interval.
type EnsembleSize struct {
	Datasets int `default:"64" help:"Training sets D."`
	Replicas int `default:"8" help:"Replicas R trained on each set."`
	Chains   int `default:"16" help:"Observer chains K of a replica."`
}

const (
	observations = 4    // of an ensemble, evenly spaced in ln(step), the first at step 0
	heldOut      = 1000 // examples
)

// Gaussian is the Gaussian model as a network: model.Gaussian on Gorgonia, trained by package ensemble exactly as the
// default job trains it.
type Gaussian struct {
	Training
	EnsembleSize
}

// Pose judges the ensemble by its Row at the last of four observations. The truths are those of
// [testsystems.GaussianPPM]. The held-out examples have mean 0 and variance s0^2 exactly, as the population has.
func (p Gaussian) Pose() (*System, error) {
	g, size := testsystems.GaussianPPM(p.Training), p.EnsembleSize
	s, err := gaussian("gaussian", p, g, size)
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
func gaussian(name string, p Poser, g testsystems.GaussianPPM, size EnsembleSize) (*System, error) {
	if err := g.Validate(); err != nil {
		return nil, err
	}
	if min(g.Steps, size.Datasets, size.Replicas, size.Chains) < 1 {
		return nil, fmt.Errorf("validate: %d steps, %d training sets, %d replicas, %d chains: need 1 or more of each",
			g.Steps, size.Datasets, size.Replicas, size.Chains)
	}
	t, steps := g.Steps, observed(g)
	work := g.CumulativeWork(steps)[len(steps)-1]
	memorized := Value
	if g.Dim > min(size.Datasets-1, size.Datasets*(size.Replicas-1))/2 {
		memorized = Lower // seen in a projection
	}
	s := &System{Name: name, Parameters: p, Cases: []Case{
		of("m_info", "Memorized", memorized, g.MInfo(t),
			func(r *ensemble.Row) estimate.Estimate { return r.MInfoGauss }),
		of("m_info_of_examples", "MemorizedExamples, lower", Lower, g.ExampleInfo(t),
			func(r *ensemble.Row) estimate.Estimate { return r.MInfo }),
		of("mem", "MeanMemory", Value, g.GeneralizationGap(t), func(r *ensemble.Row) estimate.Estimate { return r.Mem }),
		{Quantity: "m_info", Estimator: "mixture of drawn sets, lower", Kind: Lower, Truth: g.MInfo(t),
			Given:    "the drawn training sets",
			Estimate: on(func(r *ensemble.Row, _ *rand.Rand) estimate.Estimate { return r.MInfoFinite.Lower })},
		of("l_info", "Bounds, lower", Lower, g.LInfo(t), func(r *ensemble.Row) estimate.Estimate { return r.LInfo.Lower }),
		of("l_info", "Bounds, upper", Upper, g.LInfo(t), func(r *ensemble.Row) estimate.Estimate { return r.LInfo.Upper }),
		of("x_info", "Bounds, lower", Lower, g.XInfo(t), func(r *ensemble.Row) estimate.Estimate { return r.XInfo.Lower }),
		of("x_info", "Bounds, upper", Upper, g.XInfo(t), func(r *ensemble.Row) estimate.Estimate { return r.XInfo.Upper }),
		of("x_info_given_data", "Bounds, lower", Lower, g.XInfoGivenData(t),
			func(r *ensemble.Row) estimate.Estimate { return r.NoiseInfo.Lower }),
		of("x_info_given_data", "Bounds, upper", Upper, g.XInfoGivenData(t),
			func(r *ensemble.Row) estimate.Estimate { return r.NoiseInfo.Upper }),
		of("s_theta", "Cloud.Entropy", Value, g.EntropyTheta(t),
			func(r *ensemble.Row) estimate.Estimate { return r.ThetaEntropy }),
		of("s_x_given_theta", "Ledger", Value, g.EntropyXGivenTheta(),
			func(r *ensemble.Row) estimate.Estimate { return r.SampleEntropy }),
		of("work", "Ledger", Value, work, func(r *ensemble.Row) estimate.Estimate { return r.Work }),
		of("heat", "Ledger", Value, -work, func(r *ensemble.Row) estimate.Estimate { return r.Heat }),
		of("entropy_production", "Ledger", Value, work,
			func(r *ensemble.Row) estimate.Estimate { return r.EntropyProduction }),
		of("delta_f", "Ledger", Value, 0, func(r *ensemble.Row) estimate.Estimate { return r.DeltaF }),
		of("ift", "FluctuationAverage", Value, 1, func(r *ensemble.Row) estimate.Estimate { return r.Fluctuation.Average }),
		of("train_nll", "mean over replicas", Value, g.TrainNLL(t),
			func(r *ensemble.Row) estimate.Estimate { return r.TrainNLL }),
		of("test_nll", "mean over replicas", Value, g.TestNLL(t),
			func(r *ensemble.Row) estimate.Estimate { return r.TestNLL }),
	}}
	if g.Temperature > 0 {
		bound := func(r *ensemble.Row) estimate.Estimate { return r.MInfoNoise }
		s.Cases = append(s.Cases, of("m_info", "NoiseBound, upper", Upper, g.MInfo(t), bound),
			of("m_info_noise", "NoiseBound", Value, noiseBound(g), bound))
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
	return flatten([][]float64{x})
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
