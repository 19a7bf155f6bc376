package ensemble

import (
	"fmt"
	"math"
	"math/rand/v2"

	"calorimeter/instrument"
	"calorimeter/instrument/thermo"
	"calorimeter/model"

	G "gorgonia.org/gorgonia"
)

// Network is what a program of one's own shows of the network that it trains, p(x|theta) = exp(-phi_theta(x))/Z(theta)
// with energies phi in nats. Samples and examples are rows of the Lab's Dim numbers; those of a conditional model
// p(y|u,theta) are (u, y) with the label y last.
//
// The functions are called between training steps with the weights as they are then, which the Lab also overwrites, and
// puts back bit for bit, to look at the network as it was before. They must not use the machine that trains, which has
// not been Reset when its solver steps, and must depend on nothing but the weights in Params and the rows: give them a
// graph and a machine of their own on the same memory of the weights. What a network lacks leaves out what needs it.
type Network struct {
	Params G.Nodes  // theta, as they are given to the solver, in the same order in every training
	Free   [][]bool // of each parameter, the weights that the energy depends on; nil where it does on all

	// Energies writes phi_theta of each row into dst: -ln p of a normalised model, -ln p(y|u) of a conditional one.
	Energies func(dst []float64, x []float32) error
	// Loss stands in where there are no energies: a loss of each row that training lowers. M-info, the audit and the
	// losses need no more; there are no samples then.
	Loss func(dst []float64, x []float32) error
	// Move advances each row by one application of a kernel that leaves p(.|theta) invariant, y alone of a conditional
	// model, with no other source of chance than rng; nil where the network cannot be sampled.
	Move func(x []float32, rng *rand.Rand) error
	// Exact says that Move draws independently of the row before, as ancestral sampling does.
	Exact bool
	// Start fills in the rows of the observer chains before their burn-in; nil: 0, or the inputs of random held-out rows
	// where there are Labels.
	Start func(x []float32, rng *rand.Rand) error
	// Labels is the number of labels y = 0, 1, ... of a conditional model; 0 for others.
	Labels int
	// LogZ returns ln Z(theta); nil for a normalised model, where it is 0.
	LogZ func() (float64, error)
	// Unnormalised says that ln Z is not known: changes of the free energy then come from the work of the samples, and
	// what needs the free energy itself, such as S(X|Theta) and L-info, remains unknown.
	Unnormalised bool
	// Accepted returns how many of its proposals Move has accepted and made since it was last called; nil without.
	Accepted func() (accepted, proposed int)
}

// check rejects what a Lab can make nothing of.
func (n *Network) check() error {
	switch {
	case len(n.Params) == 0:
		return fmt.Errorf("the network has no Params: give the nodes that the solver steps")
	case n.Energies == nil && n.Loss == nil:
		return fmt.Errorf("the network has neither Energies nor a Loss: give one of them")
	case n.Energies == nil && n.Move != nil:
		return fmt.Errorf("the network has a Move but no Energies, which the work and heat of its samples are made of")
	case n.Free != nil && len(n.Free) != len(n.Params):
		return fmt.Errorf("Free tells of %d parameters, and there are %d", len(n.Free), len(n.Params))
	case n.Labels == 1 || n.Labels < 0:
		return fmt.Errorf("%d labels: a conditional model has 2 or more, others 0", n.Labels)
	case n.LogZ != nil && n.Unnormalised:
		return fmt.Errorf("LogZ is given, and the network is said to be Unnormalised: give one of them")
	}
	for i, p := range n.Params {
		w32, w64, err := instrument.Floats(p.Value())
		if err != nil {
			return fmt.Errorf("parameter %q: %w", p.Name(), err)
		}
		if n.Free != nil && n.Free[i] != nil && len(n.Free[i]) != len(w32)+len(w64) {
			return fmt.Errorf("Free tells of %d weights of parameter %q, which has %d", len(n.Free[i]), p.Name(),
				len(w32)+len(w64))
		}
	}
	return nil
}

func (n *Network) free(i int) []bool {
	if n.Free == nil {
		return nil
	}
	return n.Free[i]
}

func (n *Network) roles() Roles {
	return Roles{
		Foreign: true, Silent: n.Move == nil, Unnormalised: n.Unnormalised, Markov: n.Move != nil && !n.Exact,
		Rejects: n.Move != nil && n.Accepted != nil, Labels: n.Labels,
	}
}

func (n *Network) kernel() model.Kernel {
	return model.Kernel{Name: "the program's own", Exact: n.Exact}
}

// foreign is a network of a program as an observation sees it.
type foreign struct {
	*thermo.Functions
	network *Network
}

func newForeign(n *Network, dim int) *foreign {
	f := &foreign{network: n, Functions: &thermo.Functions{Width: dim, Phi: n.Energies, Kernel: n.Move, Count: n.Accepted}}
	if f.Phi == nil {
		f.Phi = n.Loss
	}
	return f
}

// Params implements observable.
func (f *foreign) Params() G.Nodes { return f.network.Params }

// LogZ implements observable.
func (f *foreign) LogZ() (float64, bool) {
	switch {
	case f.network.Unnormalised:
		return math.NaN(), false
	case f.network.LogZ == nil:
		return 0, true
	}
	lnZ, err := f.network.LogZ()
	return lnZ, err == nil && !math.IsNaN(lnZ) && !math.IsInf(lnZ, 0)
}

// Accuracy implements guesser: the share of rows whose label has the least energy of all.
func (f *foreign) Accuracy(x []float32) (float64, error) {
	if f.network.Labels == 0 {
		return math.NaN(), nil
	}
	rows := len(x) / f.Width
	best, least := make([]float32, rows), make([]float64, rows)
	relabelled, phi := append([]float32(nil), x...), make([]float64, rows)
	for y := range f.network.Labels {
		for i := range rows {
			relabelled[(i+1)*f.Width-1] = float32(y)
		}
		if err := f.Energies(phi, relabelled); err != nil {
			return 0, err
		}
		for i, v := range phi {
			if y == 0 || v < least[i] {
				best[i], least[i] = float32(y), v
			}
		}
	}
	right := 0
	for i, y := range best {
		if x[(i+1)*f.Width-1] == y {
			right++
		}
	}
	return float64(right) / float64(rows), nil
}

// start fills in observer chains before their burn-in.
func (f *foreign) start(x, heldOut []float32, rng *rand.Rand) error {
	switch {
	case f.network.Start != nil:
		return f.network.Start(x, rng)
	case f.network.Labels > 0:
		for i := 0; i < len(x); i += f.Width {
			row := rng.IntN(len(heldOut)/f.Width) * f.Width
			copy(x[i:i+f.Width], heldOut[row:row+f.Width])
		}
	}
	return nil
}
