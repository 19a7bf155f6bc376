package validate

import (
	"context"
	"math"
	"math/rand/v2"

	"calorimeter/instrument/entropy"
	"calorimeter/instrument/estimate"
	"calorimeter/instrument/information"
	"calorimeter/instrument/testsystems"
)

// chain is n independent draws along B -> Theta -> X: the mean of a training set, weights trained on it, one sample.
type chain struct{ data, theta, x [][]float64 }

// GaussianPairs draws n independent triples (mean b, theta, x) of the Gaussian model, one replica a training set and
// one sample a replica, and asks the estimators that know nothing of the model: nearest neighbours, with k of them, for
// the informations and the entropies, and the plug-in entropy.
func GaussianPairs(g testsystems.GaussianPPM, n, k int) (*System, error) {
	if err := g.Validate(); err != nil {
		return nil, err
	}
	if err := enough(n, k); err != nil {
		return nil, err
	}
	t := g.Steps
	settings := information.KSGSettings{K: k, Permutations: permutations}
	s := &System{
		Name: "gaussian-pairs",
		Parameters: parameters("dim", g.Dim, "sigma", g.Sigma, "data-sigma", g.DataSigma, "init-var", g.InitVar,
			"subset", g.Subset, "lr", g.Rate, "temperature", g.Temperature, "steps", t, "samples", n, "neighbours", k),
		Simulate: func(_ context.Context, rng *rand.Rand, _ int) (any, error) {
			c := &chain{}
			for range n {
				data := g.DrawData(rng)
				mean := make([]float64, g.Dim)
				for _, b := range data {
					for j, v := range b {
						mean[j] += v / float64(len(data))
					}
				}
				theta := g.Trajectory(data, rng)[t]
				c.data, c.theta = append(c.data, mean), append(c.theta, theta)
				c.x = append(c.x, g.DrawSamples(theta, 1, rng)...)
			}
			return c, nil
		},
		Cases: []Case{
			{Quantity: "l_info", Estimator: "KSG 1", Truth: g.LInfo(t),
				Estimate: ksg(func(c *chain) (x, y [][]float64) { return c.x, c.data }, settings, value)},
			{Quantity: "x_info", Estimator: "KSG 1", Truth: g.XInfo(t),
				Estimate: ksg(func(c *chain) (x, y [][]float64) { return c.x, c.theta }, settings, value)},
			{Quantity: "s_theta", Estimator: "PlugIn", Truth: g.EntropyTheta(t),
				Estimate: on(func(c *chain, _ *rand.Rand) estimate.Estimate { return entropy.PlugIn(c.theta, 0) })},
			{Quantity: "s_theta", Estimator: "KozachenkoLeonenko", Truth: g.EntropyTheta(t),
				Estimate: on(func(c *chain, _ *rand.Rand) estimate.Estimate {
					return entropy.KozachenkoLeonenko(c.theta, k)
				})},
			{Quantity: "s_x", Estimator: "PlugIn", Truth: g.EntropyX(t),
				Estimate: on(func(c *chain, _ *rand.Rand) estimate.Estimate { return entropy.PlugIn(c.x, 0) })},
			{Quantity: "s_x", Estimator: "KozachenkoLeonenko", Truth: g.EntropyX(t),
				Estimate: on(func(c *chain, _ *rand.Rand) estimate.Estimate {
					return entropy.KozachenkoLeonenko(c.x, k)
				})},
		},
	}
	if m := g.MInfo(t); !math.IsInf(m, 0) {
		s.Cases = append(s.Cases, Case{Quantity: "m_info", Estimator: "KSG 1", Truth: m,
			Estimate: ksg(func(c *chain) (x, y [][]float64) { return c.theta, c.data }, settings, value)})
	}
	return s, nil
}
