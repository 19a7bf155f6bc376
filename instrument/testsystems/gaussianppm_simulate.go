package testsystems

import (
	"fmt"
	"math"
	"math/rand/v2"
)

// GaussianEnsemble is a simulated ensemble of a [GaussianPPM]: D data sets, R replicas trained on each, K samples of
// each replica. Replica s = d*R + r is the r-th one trained on data set d.
type GaussianEnsemble struct {
	Model    GaussianPPM
	Replicas int           // R
	Data     [][][]float64 // [D][N][m] training sets
	Thetas   [][]float64   // [D*R][m] weights after Model.Steps steps
	Samples  [][][]float64 // [D*R][K][m] draws from p(.|theta)
}

// Simulate draws D = datasets training sets, trains R = replicas on each for Steps steps, and draws K = samples from
// each. It panics on D or R < 1, or K < 0.
func (g GaussianPPM) Simulate(datasets, replicas, samples int, rng *rand.Rand) *GaussianEnsemble {
	g.check(0)
	if datasets < 1 || replicas < 1 || samples < 0 {
		panic(fmt.Sprintf("testsystems: GaussianPPM.Simulate(%d, %d, %d): need a data set, a replica, and no negative "+
			"number of samples",
			datasets, replicas, samples))
	}
	e := &GaussianEnsemble{Model: g, Replicas: replicas}
	for range datasets {
		data := g.DrawData(rng)
		e.Data = append(e.Data, data)
		for range replicas {
			theta := g.drawInit(rng)
			g.train(theta, data, rng, func() {})
			e.Thetas = append(e.Thetas, theta)
			e.Samples = append(e.Samples, g.DrawSamples(theta, samples, rng))
		}
	}
	return e
}

// CrossLogLikelihood returns l[r][s][k] = ln p(x_{s,k}|theta_r) in nats, the sample k of replica s under replica r:
// all that the bounds on I(X;B) and I(X;Theta) need to know. Its shape is [D*R][D*R][K].
func (e *GaussianEnsemble) CrossLogLikelihood() [][][]float64 {
	l := make([][][]float64, len(e.Thetas))
	for r, theta := range e.Thetas {
		l[r] = make([][]float64, len(e.Samples))
		for s, x := range e.Samples {
			l[r][s] = make([]float64, len(x))
			for k := range x {
				l[r][s][k] = e.Model.LogLikelihood(x[k], theta)
			}
		}
	}
	return l
}

// LogLikelihood returns ln p(x|theta) = -|x-theta|^2/(2 s^2) - m/2 ln(2 pi s^2), in nats.
func (g GaussianPPM) LogLikelihood(x, theta []float64) float64 {
	g.check(0)
	if len(x) != g.Dim || len(theta) != g.Dim {
		panic(fmt.Sprintf("testsystems: GaussianPPM.LogLikelihood: %d and %d coordinates, not %d", len(x), len(theta), g.Dim))
	}
	var square float64
	for i := range x {
		d := x[i] - theta[i]
		square += d * d
	}
	s2 := g.Sigma * g.Sigma
	return -square/(2*s2) - g.half()*math.Log(2*math.Pi*s2)
}

// DrawData draws one training set, N rows of m values from N(0, s0^2).
func (g GaussianPPM) DrawData(rng *rand.Rand) [][]float64 {
	g.check(0)
	return normalRows(g.Subset, g.Dim, g.DataSigma, rng)
}

// DrawSamples draws k rows of m values from p(.|theta).
func (g GaussianPPM) DrawSamples(theta []float64, k int, rng *rand.Rand) [][]float64 {
	g.check(0)
	if len(theta) != g.Dim {
		panic(fmt.Sprintf("testsystems: GaussianPPM.DrawSamples: weights of %d coordinates, not %d", len(theta), g.Dim))
	}
	rows := normalRows(k, g.Dim, g.Sigma, rng)
	for _, row := range rows {
		for i := range row {
			row[i] += theta[i]
		}
	}
	return rows
}

// Trajectory trains one replica on the given training set and returns its weights at every step, [Steps+1][m].
func (g GaussianPPM) Trajectory(data [][]float64, rng *rand.Rand) [][]float64 {
	g.check(0)
	theta := g.drawInit(rng)
	path := [][]float64{append([]float64(nil), theta...)}
	g.train(theta, data, rng, func() { path = append(path, append([]float64(nil), theta...)) })
	return path
}

func (g GaussianPPM) drawInit(rng *rand.Rand) []float64 {
	return normalRows(1, g.Dim, math.Sqrt(g.InitVar), rng)[0]
}

// train moves theta through Steps steps of Langevin SGD, and calls observe after each.
func (g GaussianPPM) train(theta []float64, data [][]float64, rng *rand.Rand, observe func()) {
	mean := make([]float64, g.Dim)
	for _, row := range data {
		for i := range mean {
			mean[i] += row[i] / float64(len(data))
		}
	}
	step, kick := g.Rate/(g.Sigma*g.Sigma), math.Sqrt(2*g.Rate*g.Temperature)
	for range g.Steps {
		for i := range theta {
			theta[i] += -step*(theta[i]-mean[i]) + kick*rng.NormFloat64()
		}
		observe()
	}
}
