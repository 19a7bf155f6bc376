package instrument

import (
	"math/rand/v2"
	"testing"
	"time"

	"calorimeter/model/blas"
	"calorimeter/model/exec"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"gonum.org/v1/gonum/blas/gonum"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// newOverheadNet is the network of the overhead table, in the fastest loop there is: 784-300-10 in float32, a batch of
// 100, on the machine of package exec with the fastest BLAS.
func newOverheadNet(t testing.TB) *network {
	_, err := blas.Use("auto")
	require.NoError(t, err)
	t.Cleanup(func() { G.Use(gonum.Implementation{}) })
	rng := rand.New(rand.NewPCG(1, 2))
	g := G.NewGraph()
	n := &network{}
	matrix := func(name string, scale float64, rows, cols int) *G.Node {
		v := dense(tensor.Float32, rng, scale, rows, cols)
		return G.NewMatrix(g, tensor.Float32, G.WithShape(rows, cols), G.WithName(name), G.WithValue(v))
	}
	x, y := matrix("x", 1, 100, 784), matrix("y", 1, 100, 10)
	w0, b0 := matrix("w0", 0.03, 784, 300), matrix("b0", 0.03, 1, 300)
	w1, b1 := matrix("w1", 0.03, 300, 10), matrix("b1", 0.03, 1, 10)
	n.params = G.Nodes{w0, b0, w1, b1}
	affine := func(x, w, b *G.Node) *G.Node { return G.Must(G.BroadcastAdd(G.Must(G.Mul(x, w)), b, nil, []byte{0})) }
	z := affine(G.Must(G.Tanh(affine(x, w0, b0))), w1, b1)
	n.cost = G.Must(G.Mean(G.Must(G.Square(G.Must(G.Sub(z, y))))))
	_, err = G.Grad(n.cost, n.params...)
	require.NoError(t, err)
	n.vm, err = exec.New(G.Nodes{n.cost}, n.params)
	require.NoError(t, err)
	return n
}

// overhead is what a quantity costs a training loop.
type overhead struct {
	loop                   time.Duration // a bare step of the loop, RunAll to Reset
	scheduled, unscheduled time.Duration // what Step takes beyond a bare one
}

// of returns the cost over the first n steps under a schedule, as a part of that of the bare loop.
func (o overhead) of(when Schedule, n int) float64 {
	var sum time.Duration
	for step := range n {
		if when(step) {
			sum += o.scheduled
		} else {
			sum += o.unscheduled
		}
	}
	return float64(sum) / float64(time.Duration(n)*o.loop)
}

// measureOverhead runs a bare and a measured loop, step by step in turns, with the quantities scheduled in every other
// step, and takes medians, in which the steps that other processes interrupted do not count.
func measureOverhead(t testing.TB, bare, measured *network, steps int, quantities ...Quantity) (o overhead) {
	m := New(measured.cost, NewMemory())
	for _, q := range quantities {
		m.Track(q, Every(2))
	}
	solvers := []G.Solver{NewSGD(1e-4), m.Wrap(NewSGD(1e-4))}
	var loops, bareSteps []time.Duration
	var times [2][]time.Duration // of Step, scheduled and not
	const warmUp = 34            // fills windows of 16 points
	for i := range warmUp + steps {
		for k, n := range []*network{bare, measured} {
			start := time.Now()
			require.NoError(t, n.vm.RunAll())
			ready := time.Now()
			require.NoError(t, solvers[k].Step(G.NodesToValueGrads(n.params)))
			done := time.Now()
			n.vm.Reset()
			switch {
			case i < warmUp:
			case k == 0:
				loops, bareSteps = append(loops, time.Since(start)), append(bareSteps, done.Sub(ready))
			default:
				times[i%2] = append(times[i%2], done.Sub(ready))
			}
		}
	}
	o.loop = median(loops)
	o.scheduled, o.unscheduled = median(times[0])-median(bareSteps), median(times[1])-median(bareSteps)
	return o
}

// BenchmarkOverhead makes the table of overheads in the package doc:
//
//	go test ./instrument -run '^$' -bench Overhead -benchtime 100x
//
// An iteration is a step of a bare and one of a measured loop. "us/scheduled" and "us/unscheduled" are what Step takes
// beyond a bare one, "ms/loop" is a step of the bare loop, and "%Every(1)" and so on are the cost of the loop under
// that schedule, over 1,000 steps.
func BenchmarkOverhead(b *testing.B) {
	bare, measured := newOverheadNet(b), newOverheadNet(b)
	for _, q := range []Quantity{
		Loss(), GradientNorm(), UpdateNorm(), WeightDisplacement(), RelativeDisplacement(),
		GradientNoise(100, 16), WindowEntropy(&WindowSettings{Points: 16}),
	} {
		b.Run(q.Info().Name, func(b *testing.B) {
			o := measureOverhead(b, bare, measured, max(b.N, 2), q)
			b.ReportMetric(0, "ns/op")
			b.ReportMetric(o.loop.Seconds()*1e3, "ms/loop")
			b.ReportMetric(float64(o.scheduled)/1e3, "us/scheduled")
			b.ReportMetric(float64(o.unscheduled)/1e3, "us/unscheduled")
			for name, when := range map[string]Schedule{
				"Every(1)": Every(1), "Every(10)": Every(10), "LogSpaced(10)": LogSpaced(10),
			} {
				b.ReportMetric(100*o.of(when, 1000), "%"+name)
			}
		})
	}
}

// Loss and gradient norm every ten steps, the schedule of the package's example, cost a training loop at most 2 %.
func TestOverheadOfTheDefaultSchedule(t *testing.T) {
	if testing.Short() {
		t.Skip("takes times")
	}
	o := measureOverhead(t, newOverheadNet(t), newOverheadNet(t), 60, Loss(), GradientNorm())
	t.Logf("%+v: %.3f %% every 10 steps", o, 100*o.of(Every(10), 1000))
	assert.Less(t, o.of(Every(10), 1000), 0.02)
	assert.Less(t, o.of(At(), 1000), 0.01, "nothing scheduled")
}
