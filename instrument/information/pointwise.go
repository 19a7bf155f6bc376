package information

import "fmt"

// Pointwise returns what each sample adds to the lower bound on L-info, nats, at [s*K+k]: its
//
//	ln[ λ + (1-λ) exp(ex - mix) ],
//
// see [CrossLogLikelihood.Bounds], whose lower bound on I(X;B) is their mean. It is at most ln D, which a sample reaches
// that is possible under replicas of its own training set alone, and negative for a sample that is likelier under
// others: samples rank by how much they reveal, but the number of a single one bounds nothing. It is an error where the
// bound is unknown: one training set, or one replica of each.
func (c *CrossLogLikelihood) Pointwise() ([]float64, error) {
	if c.Sets < 2 || c.Replicas < 2 {
		return nil, fmt.Errorf("%d training sets of %d replicas: what a sample tells of its training set needs two of each",
			c.Sets, c.Replicas)
	}
	values := make([]float64, 0, c.Sets*c.Replicas*c.Chains)
	ratios := c.logRatios(siblings, []int{c.Sets})[0]
	lambdas := make([]float64, c.Replicas)
	for r := range lambdas {
		lambdas[r] = fitted(ratios, r, c.Sets)
	}
	for s := range c.Sets * c.Replicas {
		d, r := s/c.Replicas, s%c.Replicas
		for _, l := range ratios[r][r][d*c.Chains : (d+1)*c.Chains] {
			values = append(values, smoothed(l, lambdas[r]))
		}
	}
	return values, nil
}
