package validate

import (
	"context"
	"math"
	"math/rand/v2"

	"calorimeter/instrument/ensemble"
	"calorimeter/instrument/estimate"
	"calorimeter/instrument/information"
	"calorimeter/instrument/testsystems"
	"calorimeter/instrument/thermo"
)

// SimulatedGaussian is the same model as [Gaussian] with the equations of training simulated directly, without a
// network: fast enough to be repeated, and independent of Gorgonia.
type SimulatedGaussian struct {
	Training
	EnsembleSize
}

// Pose poses the same estimates as that of [Gaussian].
func (p SimulatedGaussian) Pose() (*System, error) {
	g, size := testsystems.GaussianPPM(p.Training), p.EnsembleSize
	s, err := gaussian("gaussian-simulated", p, g, size)
	if err != nil {
		return nil, err
	}
	s.Simulate = func(ctx context.Context, rng *rand.Rand, _ int) (any, error) {
		o, err := observe(g, size, rng)
		if err != nil {
			return nil, err
		}
		return o.Row(), nil
	}
	return s, nil
}

// observe trains a simulated ensemble and returns its observation at the last step.
func observe(g testsystems.GaussianPPM, size EnsembleSize, rng *rand.Rand) (*ensemble.Observation, error) {
	e := &testsystems.GaussianEnsemble{Model: g, Replicas: size.Replicas}
	o := &ensemble.Observation{
		Step: g.Steps, Sets: size.Datasets, PerSet: size.Replicas, Chains: size.Chains, Examples: g.Subset,
		ProjectionSeed: rng.Uint64(),
	}
	for range size.Datasets {
		data := g.DrawData(rng)
		e.Data = append(e.Data, data)
		for range size.Replicas {
			path := g.Trajectory(data, rng)
			freeOfSampling(o, size.Chains)
			ledger, x, err := keepBooks(g, path, size.Chains, rng)
			if err != nil {
				return nil, err
			}
			theta := path[g.Steps]
			e.Thetas, e.Samples = append(e.Thetas, theta), append(e.Samples, x)
			o.Ledgers, o.Theta = append(o.Ledgers, ledger), append(o.Theta, theta)
			o.Energies = append(o.Energies, energies(g, x, theta)...)
			o.Innovation = append(o.Innovation, innovation(g, path, data, rng))
			o.TrainNLL = append(o.TrainNLL, meanOf(energies(g, data, theta)))
			square := 0.0
			for _, v := range theta {
				square += v*v + g.DataSigma*g.DataSigma
			}
			o.TestNLL = append(o.TestNLL, g.LogZ()+square/(2*g.Sigma*g.Sigma)) // over the population
		}
	}
	for _, judge := range e.CrossLogLikelihood() {
		for _, source := range judge {
			o.LogLikelihood = append(o.LogLikelihood, source...)
		}
	}
	o.Told = told(g, e, ghosts, rng)
	return o, nil
}

// ghosts is how many examples that nothing was trained on stand beside those of the training sets, at least.
const ghosts = 100

// told asks every replica for its loss of all examples, and of as many ghosts, or some more.
func told(
	g testsystems.GaussianPPM, e *testsystems.GaussianEnsemble, ghosts int, rng *rand.Rand,
) information.ExampleLosses {
	ask := func(examples [][]float64) [][]float64 {
		losses := make([][]float64, len(examples))
		for _, theta := range e.Thetas {
			for i, phi := range energies(g, examples, theta) {
				losses[i] = append(losses[i], phi)
			}
		}
		return losses
	}
	l := information.ExampleLosses{Sets: len(e.Data), Replicas: e.Replicas, Size: g.Subset}
	for _, data := range e.Data {
		l.Own = append(l.Own, ask(data))
	}
	for len(l.Ghosts) < ghosts {
		l.Ghosts = append(l.Ghosts, ask(g.DrawData(rng))...)
	}
	return l
}

// freeOfSampling enters one replica whose free energy is known, 0, and whose chains are drawn afresh.
func freeOfSampling(o *ensemble.Observation, chains int) {
	none := estimate.Unknown("the free energy is known")
	o.Free = append(o.Free, ensemble.FreeEnergy{
		Best: estimate.Exact(0), Exact: estimate.Exact(0), Annealed: none, Work: none, TwoSided: none,
	})
	o.Origin, o.Memory = append(o.Origin, estimate.Exact(0)), append(o.Memory, estimate.Exact(0))
	o.Switching = append(o.Switching, thermo.NewSwitching(chains))
	o.Acceptance = append(o.Acceptance, math.NaN())
	o.TrainAccuracy, o.TestAccuracy = append(o.TrainAccuracy, math.NaN()), append(o.TestAccuracy, math.NaN())
}

// keepBooks follows k observer chains, drawn afresh at each observation, along the path of the weights.
func keepBooks(
	g testsystems.GaussianPPM, path [][]float64, k int, rng *rand.Rand,
) (*thermo.Ledger, [][]float64, error) {
	ledger := &thermo.Ledger{}
	x := g.DrawSamples(path[0], k, rng)
	if err := ledger.Start(energies(g, x, path[0]), 0); err != nil {
		return nil, nil, err
	}
	for _, t := range observed(g)[1:] {
		moved := energies(g, x, path[t])
		x = g.DrawSamples(path[t], k, rng)
		if err := ledger.Record(moved, energies(g, x, path[t]), 0); err != nil {
			return nil, nil, err
		}
	}
	return ledger, x, nil
}

// innovation is the sum of r |g-c|^2/(4T) along the path, for c = 0 and for the gradient on N fresh examples.
func innovation(g testsystems.GaussianPPM, path, data [][]float64, rng *rand.Rand) [2]float64 {
	if g.Temperature == 0 {
		return [2]float64{math.Inf(1), math.Inf(1)}
	}
	var plain, centred float64
	for _, theta := range path[:len(path)-1] {
		for j := range theta {
			mean := 0.0
			for _, b := range data {
				mean += b[j] / float64(len(data))
			}
			fresh := g.DataSigma / math.Sqrt(float64(g.Subset)) * rng.NormFloat64()
			plain += (theta[j] - mean) * (theta[j] - mean)
			centred += (fresh - mean) * (fresh - mean)
		}
	}
	scale := g.Rate / (4 * g.Temperature * math.Pow(g.Sigma, 4))
	return [2]float64{scale * plain, scale * centred}
}

func energies(g testsystems.GaussianPPM, x [][]float64, theta []float64) []float64 {
	out := make([]float64, len(x))
	for i := range x {
		out[i] = -g.LogLikelihood(x[i], theta)
	}
	return out
}

func meanOf(v []float64) float64 {
	sum := 0.0
	for _, x := range v {
		sum += x
	}
	return sum / float64(len(v))
}
