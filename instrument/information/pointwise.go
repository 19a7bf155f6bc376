package information

import "fmt"

// Pointwise returns what each sample adds to the bounds on L-info, nats, at [s*K+k], whose mean over samples they are,
//
//	lower ln[ λ + (1-λ) exp(ex - mix) ],   upper in - out,
//
// see [CrossLogLikelihood.Bounds]. The lower one is at most ln D, which a sample comes close to that is possible under
// replicas of its own training set alone, and negative for a sample that is likelier under others. Samples rank by how
// much they reveal, but the numbers of a single one bound nothing. It is an error where the bounds are unknown: one
// training set, or one replica of each.
func (c *CrossLogLikelihood) Pointwise() (lower, upper []float64, err error) {
	if c.Sets < 2 || c.Replicas < 2 {
		return nil, nil, fmt.Errorf(
			"%d training sets of %d replicas: what a sample tells of its training set needs two of each", c.Sets, c.Replicas)
	}
	ratios := c.logRatios(siblings, []int{c.Sets})[0]
	lambdas := make([]float64, c.Replicas)
	for r := range lambdas {
		lambdas[r] = fitted(ratios, r, c.Sets)
	}
	setMeans := c.setMeans()
	for s := range c.Sets * c.Replicas {
		d, r := s/c.Replicas, s%c.Replicas
		for k, l := range ratios[r][r][d*c.Chains : (d+1)*c.Chains] {
			out := emptySum
			for j, mean := range setMeans {
				if j != d {
					out = out.plus(expSum{mean[s*c.Chains+k], 1})
				}
			}
			lower = append(lower, smoothed(l, lambdas[r]))
			upper = append(upper, setMeans[d][s*c.Chains+k]-out.mean(c.Sets-1))
		}
	}
	return lower, upper, nil
}
