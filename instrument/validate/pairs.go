package validate

import (
	"context"
	"math"
	"math/rand/v2"

	"calorimeter/instrument/information"
	"calorimeter/instrument/testsystems"
)

// chain is n independent draws along B -> Theta -> X: the mean of a training set, weights trained on it, one sample.
type chain struct{ data, theta, x [][]float64 }

// GaussianPairs is independent triples (mean b, theta, x) of the Gaussian model, one replica a training set and one
// sample a replica.
type GaussianPairs struct {
	Training
	Samples    int `default:"1000" help:"Independent draws."`
	Neighbours int `default:"3" help:"Neighbours k."`
}

// Pose asks the estimators that know nothing of the model: nearest neighbours for the informations and the entropies,
// and the plug-in entropy.
func (p GaussianPairs) Pose() (*System, error) {
	g, k := testsystems.GaussianPPM(p.Training), p.Neighbours
	if err := g.Validate(); err != nil {
		return nil, err
	}
	if err := enough(p.Samples, k); err != nil {
		return nil, err
	}
	t := g.Steps
	theta := func(c *chain) [][]float64 { return c.theta }
	x := func(c *chain) [][]float64 { return c.x }
	settings := information.KSGSettings{K: k, Permutations: permutations}
	s := &System{
		Name: "gaussian-pairs", Parameters: p,
		Simulate: func(_ context.Context, rng *rand.Rand, _ int) (any, error) {
			c := &chain{}
			for range p.Samples {
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
			plugIn("s_theta", g.EntropyTheta(t), theta),
			nearest("s_theta", g.EntropyTheta(t), k, theta),
			plugIn("s_x", g.EntropyX(t), x),
			nearest("s_x", g.EntropyX(t), k, x),
		},
	}
	if m := g.MInfo(t); !math.IsInf(m, 0) {
		s.Cases = append(s.Cases, Case{Quantity: "m_info", Estimator: "KSG 1", Truth: m,
			Estimate: ksg(func(c *chain) (x, y [][]float64) { return c.theta, c.data }, settings, value)})
	}
	return s, nil
}
