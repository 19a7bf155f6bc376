package thermo

import (
	"math"
	"slices"
)

// tailShape estimates the shape k of the upper tail of the weights exp(logWeight): a generalised Pareto distribution
// fitted to the largest min(n/5, 3 sqrt(n)) of them, as in the diagnostic of Pareto-smoothed importance sampling
// (Vehtari et al., J. Mach. Learn. Res. 25, 72 (2024)). Weights with such a tail have moments below order 1/k: for k >=
// 1/2 no finite variance. NaN for fewer than 25 weights. It reorders logWeight.
func tailShape(logWeight []float64) float64 {
	n := len(logWeight)
	tail := int(min(float64(n)/5, 3*math.Sqrt(float64(n))))
	if tail < 5 {
		return math.NaN()
	}
	slices.Sort(logWeight)
	top, threshold := logWeight[n-1], math.Exp(logWeight[n-1-tail]-logWeight[n-1])
	excess := logWeight[n-tail:]
	for i, x := range excess {
		excess[i] = math.Exp(x-top) - threshold
	}
	return paretoShape(excess)
}

// heavy is the Pareto shape that counts as heavier than 1/2, as the largest of many: that of few weights is a noisy
// number.
func heavy(n int) float64 {
	tail := min(float64(n)/5, 3*math.Sqrt(float64(n)))
	return 0.5 + max(0, 1.5/math.Sqrt(tail)-0.15)
}

// paretoShape returns the shape of a generalised Pareto distribution of location 0 by the posterior mean of Zhang &
// Stephens (Technometrics 51, 316 (2009)), drawn a little towards 1/2 as Vehtari et al. do. x ascends.
func paretoShape(x []float64) float64 {
	n := float64(len(x))
	largest, quartile := x[len(x)-1], x[int(n/4+0.5)-1]
	if !(quartile > 0) {
		return math.Inf(-1) // a quarter of the tail at its threshold: bounded
	}
	grid := 30 + int(math.Sqrt(n))
	theta, likelihood := make([]float64, grid), make([]float64, grid)
	shape := func(theta float64) float64 {
		k := 0.0
		for _, v := range x {
			k += math.Log1p(-theta * v)
		}
		return k / n
	}
	for j := range theta {
		theta[j] = 1/largest + (1-math.Sqrt(float64(grid)/(float64(j)+0.5)))/(3*quartile)
		k := shape(theta[j])
		likelihood[j] = n * (math.Log(-theta[j]/k) - k - 1)
		if math.IsNaN(likelihood[j]) { // theta = 0
			likelihood[j] = math.Inf(-1)
		}
	}
	mean, sum := 0.0, 0.0
	best := slices.Max(likelihood)
	for j, l := range likelihood {
		w := math.Exp(l - best)
		sum += w
		mean += w * theta[j]
	}
	k := shape(mean / sum)
	return (k*n + 5) / (n + 10)
}
