package information

import (
	"fmt"
	"math"
)

// CrossLogLikelihood holds the log-likelihood of every replica's samples under every replica's weights.
//
// An ensemble has D = Sets training sets with R = Replicas replicas each, E = D R replicas s = d R + r (set-major),
// and K = Chains samples x_{s,k} of each. L has E*E*K entries,
//
//	L[(r*E + s)*K + k] = ln p(x_{s,k} | theta_r)      in nats; r the reference, s the source of the sample.
//
// For a conditional model, ln p(y | u_k, theta_r) with the same inputs u_k for all sources; for an unnormalised
// energy, -phi_{theta_r}(x) + F(theta_r) with an estimate of the free energy F = -ln Z.
type CrossLogLikelihood struct {
	Sets, Replicas, Chains int
	L                      []float64
}

// NewCrossLogLikelihood checks sizes and values; l is kept, not copied. -Inf (a sample that is impossible under
// another replica) is allowed except under the replica that drew it; NaN and +Inf are errors, as are sizes that
// do not fit. The error names the entry.
func NewCrossLogLikelihood(sets, replicas, chains int, l []float64) (*CrossLogLikelihood, error) {
	if sets < 1 || replicas < 1 || chains < 1 {
		return nil, fmt.Errorf("cross log-likelihood of %d sets x %d replicas x %d chains: each must be at least 1",
			sets, replicas, chains)
	}
	e := sets * replicas
	if len(l) != e*e*chains {
		return nil, fmt.Errorf("cross log-likelihood of %d sets x %d replicas x %d chains has %d values: it needs %d",
			sets, replicas, chains, len(l), e*e*chains)
	}
	for i, x := range l {
		r, s := i/chains/e, i/chains%e
		k := i % chains
		switch {
		case math.IsNaN(x) || math.IsInf(x, 1):
			return nil, fmt.Errorf("ln p of sample %d of replica %d under replica %d is %v", k, s, r, x)
		case math.IsInf(x, -1) && r == s:
			return nil, fmt.Errorf("sample %d of replica %d is impossible under the replica that drew it", k, s)
		}
	}
	return &CrossLogLikelihood{Sets: sets, Replicas: replicas, Chains: chains, L: l}, nil
}
