package testsystems

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

var examplePPM = GaussianPPM{
	Dim: 1, Sigma: 1, DataSigma: 1, InitVar: 0.01, Subset: 4, Rate: 0.1, Temperature: 0.02, Steps: 40,
}

func TestGaussianPPMExample(t *testing.T) {
	assert.InDelta(t, 1.263978, examplePPM.MInfo(40), 5e-7)
	assert.InDelta(t, 0.106612, examplePPM.LInfo(40), 5e-7)
	assert.InDelta(t, 0.117028, examplePPM.XInfo(40), 5e-7)
}

// unrolled holds one coordinate of training as linear combinations of the independent standard normals
// (theta_0, b_1 .. b_N, xi_1 .. xi_t, sampling noise), found by running the recursion and nothing else.
type unrolled struct {
	theta [][]float64 // theta_0 .. theta_t
	data  [][]float64 // b_1 .. b_N
	x     []float64   // a sample at step t
}

func unroll(g GaussianPPM) unrolled {
	width := 1 + g.Subset + g.Steps + 1
	unit := func(i int, scale float64) []float64 {
		row := make([]float64, width)
		row[i] = scale
		return row
	}
	u := unrolled{theta: [][]float64{unit(0, math.Sqrt(g.InitVar))}}
	for i := range g.Subset {
		u.data = append(u.data, unit(1+i, g.DataSigma))
	}
	for step := range g.Steps {
		now, next := u.theta[step], unit(1+g.Subset+step, math.Sqrt(2*g.Rate*g.Temperature))
		for j := range next {
			var gradient float64
			for _, b := range u.data {
				gradient += (now[j] - b[j]) / (g.Sigma * g.Sigma) / float64(g.Subset)
			}
			next[j] += now[j] - g.Rate*gradient
		}
		u.theta = append(u.theta, next)
	}
	u.x = unit(width-1, g.Sigma)
	for j, v := range u.theta[g.Steps] {
		u.x[j] += v
	}
	return u
}

func distance2(a, b []float64) float64 {
	var s float64
	for i := range a {
		s += (a[i] - b[i]) * (a[i] - b[i])
	}
	return s
}

func TestGaussianPPMAgainstJointCovariance(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		sigma := rapid.Float64Range(0.3, 3).Draw(r, "sigma")
		g := GaussianPPM{
			Dim:         rapid.IntRange(1, 5).Draw(r, "dim"),
			Sigma:       sigma,
			DataSigma:   rapid.Float64Range(0.3, 3).Draw(r, "data sigma"),
			InitVar:     rapid.Float64Range(0, 1).Draw(r, "init"),
			Subset:      rapid.IntRange(1, 5).Draw(r, "subset"),
			Rate:        sigma * sigma * rapid.Float64Range(0.02, 1.95).Draw(r, "rate/s^2"),
			Temperature: rapid.Float64Range(0.01, 1).Draw(r, "temperature"),
			Steps:       rapid.IntRange(1, 25).Draw(r, "steps"),
		}
		require.NoError(r, g.Validate())
		u, n := unroll(g), g.Steps
		m := float64(g.Dim)
		theta := u.theta[n]
		agree := func(want, got float64, what string) {
			assert.InDelta(r, want, got, 1e-9*(1+math.Abs(want)), what)
		}

		withData := append([][]float64{theta}, u.data...)
		agree(m*gaussianMI(covarianceOf(withData...), 1), g.MInfo(n), "I(Theta;B)")
		agree(float64(g.Subset)*m*gaussianMI(covarianceOf(theta, u.data[0]), 1), g.ExampleInfo(n), "sum of I(Theta;Z_i)")
		agree(m*gaussianMI(covarianceOf(append([][]float64{u.x}, u.data...)...), 1), g.LInfo(n), "I(X;B)")
		agree(m*gaussianMI(covarianceOf(u.x, theta), 1), g.XInfo(n), "I(X;Theta)")
		both := m * gaussianMI(covarianceOf(append([][]float64{u.x, theta}, u.data...)...), 1)
		agree(both-g.LInfo(n), g.XInfoGivenData(n), "I(X;Theta|B) = I(X;Theta,B) - I(X;B)")
		agree(g.XInfo(n), g.LInfo(n)+g.XInfoGivenData(n), "chain rule")
		agree(m/2*math.Log(2*math.Pi*math.E*dot(theta, theta)), g.EntropyTheta(n), "S(Theta)")
		agree(m/2*math.Log(2*math.Pi*math.E*dot(u.x, u.x)), g.EntropyX(n), "S(X)")
		agree(g.EntropyX(n)-g.XInfo(n), g.EntropyXGivenTheta(), "S(X|Theta)")
		assert.LessOrEqual(r, g.LInfo(n), g.MInfo(n), "data processing")

		t1 := rapid.IntRange(0, n).Draw(r, "t1")
		s2 := g.Sigma * g.Sigma
		agree(m*distance2(theta, u.theta[t1])/(2*s2), g.Work(t1, n), "work")
		lnNorm := m / 2 * math.Log(2*math.Pi*s2)
		agree(lnNorm+m*distance2(theta, u.data[0])/(2*s2), g.TrainNLL(n), "train NLL")
		fresh := dot(theta, theta) + g.DataSigma*g.DataSigma
		agree(lnNorm+m*fresh/(2*s2), g.TestNLL(n), "test NLL")
		agree(g.TestNLL(n)-g.TrainNLL(n), g.GeneralizationGap(n), "gap")
	})
}

func TestGaussianPPMEdges(t *testing.T) {
	start := examplePPM
	start.Temperature = 0
	assert.Zero(t, start.MInfo(0), "nothing is memorized before the first step")
	assert.Zero(t, start.LInfo(0))
	assert.Zero(t, start.Work(7, 7))
	assert.InDelta(t, 0.5*math.Log(2*math.Pi*math.E*0.01), start.EntropyTheta(0), 1e-12)

	shared := examplePPM
	shared.InitVar = 0
	assert.Zero(t, shared.MInfo(0))
	assert.Equal(t, math.Inf(-1), shared.EntropyTheta(0))
	assert.Greater(t, shared.MInfo(1), 0.0)

	quiet := shared
	quiet.Temperature = 0
	assert.Equal(t, math.Inf(1), quiet.MInfo(1), "the weights are a function of the data")
	assert.Zero(t, quiet.XInfoGivenData(9))
	assert.Equal(t, quiet.XInfo(9), quiet.LInfo(9), "deterministic training: L-info is I(X;Theta)")

	oneStep := examplePPM // r = s^2: the mean of the data is reached in one step, the start is forgotten
	oneStep.Rate = 1
	require.NoError(t, oneStep.Validate())
	for _, n := range []int{1, 2, 50} {
		assert.InDelta(t, 2*0.02, oneStep.WeightVariance(n), 1e-15)
		assert.InDelta(t, 0.25, oneStep.DataVariance(n), 1e-15)
	}
	assert.InDelta(t, 0.01, oneStep.WeightVariance(0), 1e-15)
	assert.InDelta(t, (0.01+0.25+0.04)/2, oneStep.Work(0, 1), 1e-15)

	same := examplePPM
	same.DataSigma = 0
	same.Temperature, same.InitVar = 0, 0
	assert.Zero(t, same.MInfo(5), "equal data sets hold nothing to memorize")

	slow := examplePPM // V(t) = 2 r T t to first order, with no loss of digits
	slow.Rate, slow.InitVar = 1e-9, 0
	assert.InEpsilon(t, 2*1e-9*0.02*3, slow.WeightVariance(3), 1e-6)
}

func TestGaussianPPMCumulativeWork(t *testing.T) {
	sums := examplePPM.CumulativeWork([]int{0, 1, 5, 40})
	assert.InDeltaSlice(t, []float64{0, examplePPM.Work(0, 1), examplePPM.Work(0, 1) + examplePPM.Work(1, 5),
		examplePPM.Work(0, 1) + examplePPM.Work(1, 5) + examplePPM.Work(5, 40)}, sums, 1e-15)
	assert.Panics(t, func() { examplePPM.Work(3, 2) })
	assert.Panics(t, func() { examplePPM.MInfo(-1) })
}

// The simulation, whose truths are the closed forms above.
func TestGaussianPPMSimulation(t *testing.T) {
	g := GaussianPPM{Dim: 2, Sigma: 0.8, DataSigma: 1.3, InitVar: 0.2, Subset: 3, Rate: 0.15, Temperature: 0.1, Steps: 6}
	const t1, datasets, replicas, samples = 2, 10, 3, 2
	n, m := g.Steps, float64(g.Dim)
	s2 := g.Sigma * g.Sigma
	v, b := g.WeightVariance(n), g.DataVariance(n)
	lnNorm := g.LogZ()
	names := []string{"weight variance", "weight and data variance", "train NLL", "test NLL", "work", "free work",
		"own", "same data", "other data", "lag covariance"}
	truths := []float64{v, v + b, g.TrainNLL(n), g.TestNLL(n), g.Work(t1, n), g.Work(0, 1), -g.EntropyXGivenTheta(),
		-lnNorm - m*(s2+2*v)/(2*s2), -lnNorm - m*(s2+2*v+2*b)/(2*s2), lagCovariance(g, t1)}
	seeds := 1500
	if testing.Short() {
		seeds = 300
	}
	zScores(t, seeds, names, truths, func(rng *rand.Rand) []float64 {
		sums := make([]float64, len(truths))
		e := g.Simulate(datasets, replicas, samples, rng)
		l := e.CrossLogLikelihood()
		counts := make([]float64, 3)
		for s := range e.Thetas {
			d := s / replicas
			sums[1] += dot(e.Thetas[s], e.Thetas[s]) / m / datasets / replicas
			for _, row := range e.Data[d] {
				sums[2] -= g.LogLikelihood(row, e.Thetas[s]) / datasets / replicas / float64(g.Subset)
			}
			sums[3] -= g.LogLikelihood(g.DrawData(rng)[0], e.Thetas[s]) / datasets / replicas
			for r := range e.Thetas {
				kind := 2
				if r == s {
					kind = 0
				} else if r/replicas == d {
					kind = 1
				}
				for _, x := range l[r][s] {
					sums[6+kind] += x
					counts[kind]++
				}
			}
		}
		for kind, c := range counts {
			sums[6+kind] /= c
		}
		for d := range datasets {
			for i := range g.Dim {
				column := make([]float64, replicas)
				for r := range column {
					column[r] = e.Thetas[d*replicas+r][i]
				}
				sums[0] += variance(column) / m / datasets
			}
		}
		const runs = 20
		for range runs {
			data := g.DrawData(rng)
			path := g.Trajectory(data, rng)
			x := g.DrawSamples(path[t1], 1, rng)[0]
			sums[4] += (g.LogLikelihood(x, path[t1]) - g.LogLikelihood(x, path[n])) / runs
			sums[5] += distance2(path[0], path[1]) / (2 * s2) / runs
			sums[9] += dot(path[t1], path[n]) / m / runs
		}
		return sums
	})
}

func lagCovariance(g GaussianPPM, t1 int) float64 {
	u := unroll(g)
	return dot(u.theta[t1], u.theta[g.Steps])
}

func TestGaussianPPMShapesAndSeeds(t *testing.T) {
	g := GaussianPPM{Dim: 3, Sigma: 1, DataSigma: 1, InitVar: 1, Subset: 5, Rate: 0.1, Temperature: 0.1, Steps: 4}
	e := g.Simulate(2, 3, 7, seeded(1))
	require.Len(t, e.Data, 2)
	require.Len(t, e.Data[0], 5)
	require.Len(t, e.Thetas, 6)
	require.Len(t, e.Samples[5], 7)
	require.Len(t, e.Samples[5][6], 3)
	l := e.CrossLogLikelihood()
	require.Len(t, l, 6)
	require.Len(t, l[0], 6)
	require.Len(t, l[0][0], 7)
	assert.Equal(t, g.LogLikelihood(e.Samples[1][2], e.Thetas[4]), l[4][1][2], "l[r][s][k] is sample k of s under r")
	assert.Equal(t, e, g.Simulate(2, 3, 7, seeded(1)), "one seed, one answer")
	assert.NotEqual(t, e, g.Simulate(2, 3, 7, seeded(2)))
	assert.Len(t, g.Trajectory(e.Data[0], seeded(1)), 5)
	assert.Panics(t, func() { g.Simulate(0, 1, 1, seeded(1)) })
}
