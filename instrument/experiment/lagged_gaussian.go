package experiment

import (
	"fmt"
	"math"
	"math/rand/v2"

	"calorimeter/instrument/estimate"
	"calorimeter/instrument/information"
	"calorimeter/instrument/record"
	"calorimeter/instrument/testsystems"
	"calorimeter/instrument/thermo"

	"gonum.org/v1/gonum/stat"
)

// lagCase is a Gaussian model whose weights move in one way, with samples that follow.
type lagCase struct {
	name    string
	model   testsystems.LaggedGaussian // Memory is that of one move
	updates int
}

// lagCases are weights that drift, and weights that fluctuate about where they are.
var lagCases = []lagCase{
	{name: "drifting", updates: 8, model: testsystems.LaggedGaussian{Every: 3, Memory: 0.8,
		GaussianPPM: testsystems.GaussianPPM{Dim: 8, Sigma: 1, DataSigma: 6, InitVar: 0.01, Subset: 16, Rate: 0.05}}},
	{name: "fluctuating", updates: 16, model: testsystems.LaggedGaussian{Every: 1, Memory: 0.8,
		GaussianPPM: testsystems.GaussianPPM{
			Dim: 8, Sigma: 1, DataSigma: 0.5, InitVar: 0.3, Subset: 4, Rate: 0.15, Temperature: 0.3,
		}}},
}

// The moves of an update in the exact case, and how many training sets and chains follow.
var lagMoves = []int{1, 2, 4, 8, 32}

const lagSets, lagChains = 96, 32

// truth is what updates of so many moves come to.
func (c lagCase) truth(moves int) testsystems.LagState {
	g := c.model
	g.Memory = math.Pow(g.Memory, float64(moves))
	return g.Updates(c.updates)[c.updates]
}

// lagRun is what was measured of one case.
type lagRun struct {
	lagCase
	moves          int
	work           []float64 // mean over the chains of each set, since the start
	unmoved, moved *information.CrossLogLikelihood
	before         *information.CrossLogLikelihood // of the update before
	theta          [][]float64
}

// run carries one case through, with the books and the bath of networks. Equal seeds have equal weights.
func (c lagCase) run(moves int, seed uint64) (*lagRun, error) {
	r := &lagRun{lagCase: c, moves: moves}
	gases, baths := make([]thermo.Gas, lagSets), make([]thermo.Bath, lagSets)
	data := make([][][]float64, lagSets)
	training := make([]*rand.Rand, lagSets)
	for d := range gases {
		training[d] = rand.New(rand.NewPCG(seed, uint64(2*d)))
		data[d] = c.model.DrawData(training[d])
		theta := make([]float64, c.model.Dim)
		for i := range theta {
			theta[i] = math.Sqrt(c.model.InitVar) * training[d].NormFloat64()
		}
		r.theta = append(r.theta, theta)
		stream := rand.NewPCG(seed, uint64(2*d+1))
		gases[d] = thermo.NewGas(lagChains, c.model.Dim, stream)
		for k, x := range c.model.DrawSamples(theta, lagChains, rand.New(stream)) {
			for i, v := range x {
				gases[d].Chains[k*c.model.Dim+i] = float32(v)
			}
		}
		baths[d] = thermo.Bath{System: c.system(theta), Moves: moves, Lag: true}
		if err := baths[d].Start(&gases[d]); err != nil {
			return nil, err
		}
		if err := gases[d].Ledger.Start(gases[d].Energy, 0); err != nil {
			return nil, err
		}
	}
	for n := range c.updates {
		last := n == c.updates-1
		if last {
			r.before = r.cross(gases)
		}
		for d := range gases {
			c.train(r.theta[d], data[d], training[d])
		}
		if last {
			r.unmoved = r.cross(gases)
		}
		for d := range gases {
			energies, _, err := baths[d].Observe(&gases[d])
			if err != nil {
				return nil, err
			}
			if err := baths[d].Enter(&gases[d], energies, 0); err != nil {
				return nil, err
			}
		}
	}
	r.moved = r.cross(gases)
	for d := range gases {
		r.work = append(r.work, stat.Mean(gases[d].Ledger.TotalWork, nil))
	}
	return r, nil
}

// train moves weights to the next update.
func (c lagCase) train(theta []float64, data [][]float64, rng *rand.Rand) {
	g := c.model
	kick := math.Sqrt(2 * g.Rate * g.Temperature)
	for range g.Every {
		for i := range theta {
			var mean float64
			for _, b := range data {
				mean += b[i] / float64(len(data))
			}
			theta[i] += -g.Rate/(g.Sigma*g.Sigma)*(theta[i]-mean) + kick*rng.NormFloat64()
		}
	}
}

// system is the model at weights that may move, with the kernel of [testsystems.LaggedGaussian].
func (c lagCase) system(theta []float64) *thermo.Functions {
	g := c.model
	each := func(x []float32, do func(x *float32, theta float64)) {
		for i := range x {
			do(&x[i], theta[i%len(theta)])
		}
	}
	return &thermo.Functions{
		Width: g.Dim,
		Phi: func(dst []float64, x []float32) error {
			clear(dst)
			n := 0
			each(x, func(x *float32, theta float64) {
				d := float64(*x) - theta
				dst[n/g.Dim] += d * d / (2 * g.Sigma * g.Sigma)
				n++
			})
			return nil
		},
		Kernel: func(x []float32, rng *rand.Rand) error {
			spread := math.Sqrt(1-g.Memory*g.Memory) * g.Sigma
			each(x, func(x *float32, theta float64) {
				*x = float32(theta + g.Memory*(float64(*x)-theta) + spread*rng.NormFloat64())
			})
			return nil
		},
	}
}

// cross judges the chains of all sets by the weights of all.
func (r *lagRun) cross(gases []thermo.Gas) *information.CrossLogLikelihood {
	l := make([]float64, 0, lagSets*lagSets*lagChains)
	phi := make([]float64, lagChains)
	for _, theta := range r.theta {
		system := r.system(theta)
		for d := range gases {
			_ = system.Phi(phi, gases[d].Chains)
			for _, e := range phi {
				l = append(l, -e)
			}
		}
	}
	return &information.CrossLogLikelihood{Sets: lagSets, Replicas: 1, Chains: lagChains, L: l}
}

// lagStatements hold the runs of one case, in the order of lagMoves, against closed forms.
func lagStatements(runs []*lagRun) (held []record.Statement) {
	c := runs[0].lagCase
	first, last := runs[0], runs[len(runs)-1]
	for _, r := range runs {
		held = append(held, equals(fmt.Sprintf("W − ΔF, %s weights, moves at an update: %d", c.name, r.moves), "nats",
			r.production(), c.truth(r.moves).Work))
	}
	excess, _ := estimate.Paired(first.production(), last.production())
	slow, fast := c.truth(first.moves), c.truth(last.moves)
	return append(held,
		equals(fmt.Sprintf("W − ΔF of %d less that of %d, %s", first.moves, last.moves, c.name), "nats", excess,
			slow.Work-fast.Work),
		brackets(fmt.Sprintf("I(Xₙ₋₁;Θₙ) of %d, %s", last.moves, c.name), "nats", last.unmoved.Bounds().Sample.Lower,
			last.before.Bounds().Sample.Upper, fast.XInfoBefore),
		brackets(fmt.Sprintf("I(Xₙ;Θₙ) of %d, %s", last.moves, c.name), "nats", last.moved.Bounds().Sample.Lower,
			last.moved.Bounds().Sample.Upper, fast.XInfo),
	)
}

// production is W − ΔF, with ΔF = 0.
func (r *lagRun) production() estimate.Estimate { return estimate.SkewedMean(r.work, 0) }
