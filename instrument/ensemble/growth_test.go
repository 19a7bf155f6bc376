package ensemble

import (
	"context"
	"fmt"
	"runtime"
	"runtime/metrics"
	"slices"
	"testing"
	"time"

	"calorimeter/model"
	"calorimeter/model/blas"

	"github.com/stretchr/testify/require"
	"gonum.org/v1/gonum/stat"
)

// growthSize is what grows, one at a time, from the sizes of the default run.
type growthSize struct{ replicas, width, chains, dim int }

var defaultSize = growthSize{replicas: 24, width: 128, chains: 32, dim: 196}

// growthAxes are the sizes that are measured; each axis holds that of the default run.
var growthAxes = []struct {
	name  string
	sizes []int
	of    func(s *growthSize) *int
}{
	{name: "replicas", sizes: []int{24, 96, 384}, of: func(s *growthSize) *int { return &s.replicas }},
	{name: "width", sizes: []int{64, 128, 512, 2048}, of: func(s *growthSize) *int { return &s.width }},
	{name: "chains", sizes: []int{32, 128, 512}, of: func(s *growthSize) *int { return &s.chains }},
	{name: "dimensions", sizes: []int{196, 784}, of: func(s *growthSize) *int { return &s.dim }},
}

// The parts of a run, in the order of [growthParts].
const (
	stepPart = iota
	observationPart
	lastPart
	rowPart
	nullsPart
	heapPart
	partsMeasured
)

// growing is an ensemble that goes from observation to observation as its engine does, each part by itself.
type growing struct {
	*Ensemble
	earlier []*Row
	step    int
}

func newGrowing(b *testing.B, size growthSize) *growing {
	sets := make([][]float32, size.replicas/3)
	for d := range sets {
		sets[d] = bits(uint64(d), 500, size.dim)
	}
	settings := model.MADESettings{Dim: size.dim, Hidden: []int{size.width}, Seed: 1, Batch: 50, EvalBatch: 128}
	e, err := New(Config{Seed: 1, Replicas: 3, Chains: size.chains, Batch: 50, Rate: 0.04, Observe: []int{0, 1 << 30}},
		func() (model.PPM, error) { return model.NewMADE(settings) }, sets, bits(99, 1000, size.dim))
	require.NoError(b, err)
	b.Cleanup(func() { e.Close() })
	g := &growing{Ensemble: e}
	states, o := g.observe(b, g.states)
	g.states, g.earlier = states, []*Row{o.Row()}
	return g
}

// each calls f for every replica, on all workers.
func (g *growing) each(b *testing.B, f func(w Worker, s int) error) {
	require.NoError(b, Parallel(b.Context(), len(g.workers), len(g.states), func(_ context.Context, w, s int) error {
		return f(g.workers[w], s)
	}))
}

// observe makes an observation of states, and returns them as they are after it.
func (g *growing) observe(b *testing.B, states []State) ([]State, *Observation) {
	moved, snapshots := make([]State, len(states)), make([]any, len(states))
	g.each(b, func(w Worker, s int) (err error) {
		moved[s] = states[s].Copy()
		snapshots[s], err = w.Measure(moved[s], g.states[s])
		return err
	})
	o, err := g.Observe(b.Context(), g.workers, g.step, snapshots)
	require.NoError(b, err)
	return moved, o.(*Observation)
}

// stepsGrown are the training steps before each observation.
const stepsGrown = 32

// next trains to the next observation, makes it, and reads it.
func (g *growing) next(b *testing.B) (cost growthCost) {
	timed := func(part int, f func()) {
		from := time.Now()
		f()
		cost[part] = time.Since(from).Seconds()
	}
	peak := peakOfHeap()
	g.step += stepsGrown
	states, seconds := make([]State, len(g.states)), make([]float64, len(g.states))
	g.each(b, func(w Worker, s int) error {
		states[s] = g.states[s].Copy()
		from := time.Now()
		err := w.Train(b.Context(), states[s], g.step, func(int) {})
		seconds[s] = time.Since(from).Seconds()
		return err
	})
	slices.Sort(seconds)
	cost[stepPart] = 1e6 / stepsGrown * stat.Quantile(0.5, stat.Empirical, seconds, nil)
	var moved []State
	var o *Observation
	timed(observationPart, func() { moved, o = g.observe(b, states) })
	timed(rowPart, func() { g.earlier = append(g.earlier, o.Row(g.earlier...)) })
	timed(nullsPart, func() {
		_, err := o.Nulls(b.Context(), 19, 1)
		require.NoError(b, err)
	})
	cost[heapPart] = peak()
	runtime.KeepAlive(o)
	g.states = moved
	return cost
}

// lastSeconds is what the last observation of a run takes, which asks after every example.
func (g *growing) lastSeconds(b *testing.B) float64 {
	regular := g.last
	defer func() { g.last = regular }()
	g.last = g.step
	from := time.Now()
	g.observe(b, g.states)
	return time.Since(from).Seconds()
}

// peakOfHeap samples the heap, with what is not yet collected of it, until stop is called, which returns the peak in
// MiB.
func peakOfHeap() (stop func() float64) {
	runtime.GC()
	end, peak := make(chan struct{}), make(chan uint64)
	go func() {
		var most uint64
		now := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
		for tick := time.NewTicker(2 * time.Millisecond); ; {
			metrics.Read(now)
			most = max(most, now[0].Value.Uint64())
			select {
			case <-tick.C:
			case <-end:
				tick.Stop()
				peak <- most
				return
			}
		}
	}()
	return func() float64 {
		close(end)
		return float64(<-peak) / (1 << 20)
	}
}

// What the parts of a run take as an ensemble grows, the least of as many observations as there is time for, since what
// else the machine does can only add; of a step the median over replicas. With -update it writes the table, its figure
// and its documentation; see [growthTable].
func BenchmarkGrowth(b *testing.B) {
	choice, err := blas.Use("tile")
	if err != nil {
		b.Skip(err)
	}
	measured := map[growthSize]*growthCost{}
	all := 0
	for _, axis := range growthAxes {
		for _, n := range axis.sizes {
			size := defaultSize
			*axis.of(&size) = n
			if measured[size] != nil {
				continue
			}
			all++
			b.Run(fmt.Sprintf("%s=%d", axis.name, n), func(b *testing.B) {
				measured[size] = measureGrowth(b, size)
			})
		}
	}
	if *updateGrowth && len(measured) == all {
		table := growthTable{Setup: fmt.Sprintf("%s on %s/%s, %d processors, %s", runtime.Version(), runtime.GOOS,
			runtime.GOARCH, runtime.GOMAXPROCS(0), choice.Name)}
		for _, axis := range growthAxes {
			for _, n := range axis.sizes {
				size := defaultSize
				*axis.of(&size) = n
				table.Points = append(table.Points, growthPoint{Axis: axis.name, Size: n, Cost: *measured[size]})
			}
		}
		table = parseGrowth(b, table.csv())
		require.NoError(b, table.write())
	}
}

func measureGrowth(b *testing.B, size growthSize) *growthCost {
	g := newGrowing(b, size)
	var costs [partsMeasured][]float64
	for b.Loop() {
		cost := g.next(b)
		cost[lastPart] = g.lastSeconds(b)
		for part, v := range cost {
			costs[part] = append(costs[part], v)
		}
	}
	least := new(growthCost)
	for part, values := range costs {
		least[part] = slices.Min(values)
		b.ReportMetric(least[part], growthParts[part].column)
	}
	return least
}
