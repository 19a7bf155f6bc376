package ensemble_test

import (
	"context"
	"fmt"
	"log"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"

	"calorimeter/instrument"
	"calorimeter/instrument/ensemble"
	"calorimeter/instrument/record"
	"calorimeter/instrument/report"
	"calorimeter/model"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// bits is a model of one's own: independent bits, p(x_i = 1) = 1/(1 + exp(-b_i)), with the logits b for weights. What a
// model has to do is in the comments of model.PPM; the graph is plain Gorgonia.
type bits struct {
	logits  []float32 // b
	x, b    *gorgonia.Node
	loss    gorgonia.Value
	machine gorgonia.VM
}

// newBits builds loss = mean over rows of phi(x) = sum_i ln(1 + exp(b_i)) - x_i b_i, which is -ln p(x).
func newBits(dim, batch int) (model.PPM, error) {
	m := &bits{logits: make([]float32, dim)}
	g := gorgonia.NewGraph()
	column := tensor.New(tensor.WithShape(dim, 1), tensor.WithBacking(m.logits))
	m.b = gorgonia.NewMatrix(g, tensor.Float32, gorgonia.WithShape(dim, 1), gorgonia.WithName("b"),
		gorgonia.WithValue(column))
	m.x = gorgonia.NewMatrix(g, tensor.Float32, gorgonia.WithShape(batch, dim), gorgonia.WithName("x"))
	normaliser := gorgonia.Must(gorgonia.Sum(gorgonia.Must(gorgonia.Softplus(m.b))))
	loss := gorgonia.Must(gorgonia.Sub(normaliser, gorgonia.Must(gorgonia.Mean(gorgonia.Must(gorgonia.Mul(m.x, m.b))))))
	gorgonia.Read(loss, &m.loss)
	if _, err := gorgonia.Grad(loss, m.b); err != nil {
		return nil, err
	}
	m.machine = gorgonia.NewTapeMachine(g, gorgonia.BindDualValues(m.b))
	return m, nil
}

func (m *bits) Dim() int               { return len(m.logits) }
func (m *bits) Params() gorgonia.Nodes { return gorgonia.Nodes{m.b} }
func (m *bits) Free(int) []bool        { return nil } // all weights count
func (m *bits) Init(*rand.Rand)        { clear(m.logits) }
func (m *bits) LogZ() (float64, bool)  { return 0, true } // phi is -ln p
func (m *bits) Close() error           { return m.machine.Close() }

func (m *bits) Kernel() model.Kernel {
	return model.Kernel{Name: "independent draw", Exact: true}
}

func (m *bits) Loss(batch []float32) (float64, error) {
	x := tensor.New(tensor.WithShape(m.x.Shape()...), tensor.WithBacking(batch))
	if err := gorgonia.Let(m.x, x); err != nil {
		return 0, err
	}
	if err := m.machine.RunAll(); err != nil {
		return 0, err
	}
	m.machine.Reset()
	return float64(m.loss.Data().(float32)), nil
}

func (m *bits) Energies(dst []float64, x []float32) error {
	for row := range dst {
		dst[row] = 0
		for i, b := range m.logits {
			dst[row] += math.Log1p(math.Exp(float64(b))) - float64(x[row*len(m.logits)+i])*float64(b)
		}
	}
	return nil
}

func (m *bits) Move(x []float32, rng *rand.Rand) error {
	for i := range x {
		x[i] = 0
		if p := 1 / (1 + math.Exp(-float64(m.logits[i%len(m.logits)]))); rng.Float64() < p {
			x[i] = 1
		}
	}
	return nil
}

// A model of one's own in the calorimeter, from training to the page for people. It is trained on 20 throws of eight
// fair coins; what it learns beyond ln 2 a coin, it has by heart.
func Example_ownModel() {
	const coins, throws = 8, 20
	rng := rand.New(rand.NewPCG(1, 2))
	draw := func(n int) []float32 {
		x := make([]float32, n*coins)
		for i := range x {
			x[i] = float32(rng.IntN(2))
		}
		return x
	}
	var sets [][]float32
	for range 32 {
		sets = append(sets, draw(throws))
	}
	e, err := ensemble.New(ensemble.Config{
		Seed: 1, Replicas: 2, Chains: 32, Batch: throws, Rate: 1, Observe: instrument.LogSteps(1, 100, 8),
	}, func() (model.PPM, error) { return newBits(coins, throws) }, sets, draw(1000))
	if err != nil {
		log.Fatal(err)
	}
	defer e.Close()

	dir, err := os.MkdirTemp("", "coins")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	journal := ensemble.NewJournal(e, &record.Run{
		Program: "coins", Model: "bits", Data: "fair coins", Status: record.Done,
		Units:    record.Units{Name: "training set", Count: 32},
		Datasets: 32, Replicas: 2, Chains: 32, Subset: throws, Steps: 100, Weights: coins, FreeWeights: coins,
	})
	if err := e.Engine.Run(context.Background(), func(o ensemble.Observed) error {
		journal.Enter(o)
		return journal.Save(dir)
	}); err != nil {
		log.Fatal(err)
	}

	_, lower := journal.History.Last("l_info_lo")
	_, upper := journal.History.Last("l_info_hi")
	fmt.Printf("samples tell at least %v nats of their training set\n", lower)
	fmt.Printf("           and at most %v; the truth is %.3f\n", upper, coins*(math.Ln2-meanEntropy(throws)))
	for _, c := range journal.Run.Books {
		fmt.Printf("%s: %v\n", c.Name, c.Verdict)
	}
	if err := report.WriteHTML(dir, journal.Run, journal.History); err != nil {
		log.Fatal(err)
	}
	page, _ := filepath.Glob(filepath.Join(dir, "*.html"))
	fmt.Println(filepath.Base(page[0]))
	// Output:
	// samples tell at least 0.1707 [0.1339, 0.2104] nats of their training set
	//            and at most 0.184 [0.1446, 0.2266]; the truth is 0.205
	// learning: pass
	// first law: pass
	// fluctuation theorem: pass
	// second law: pass
	// L-info bounds: pass
	// L-info <= M-info on D sets: cannot tell
	// L-info <= M-info: pass
	// saturation: pass
	// report.html
}

// meanEntropy is the mean over k of Binomial(n, 1/2) of the entropy of a bit that is 1 with probability k/n.
func meanEntropy(n int) float64 {
	mean, chance := 0.0, math.Pow(0.5, float64(n))
	for k := 0; k <= n; k++ {
		for _, p := range []float64{float64(k) / float64(n), 1 - float64(k)/float64(n)} {
			if p > 0 {
				mean -= chance * p * math.Log(p)
			}
		}
		chance *= float64(n-k) / float64(k+1)
	}
	return mean
}
