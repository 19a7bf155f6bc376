package ensemble

import (
	"encoding/gob"

	"calorimeter/instrument/estimate"
	"calorimeter/instrument/thermo"
)

// Snapshot is what an observation needs of one replica at one step. It is a value that gob saves and restores: the
// observation can be made from the snapshots of all replicas later, elsewhere, and by another process. Energies, work
// and heat are in nats.
type Snapshot struct {
	Set     int           // d
	Index   int           // r
	Step    int           // SGD steps done
	Theta   [][]float64   // weights, one slice a parameter, row-major
	Samples []float32     // the observer chains, K rows
	Ledger  thermo.Ledger // their work and heat so far

	TrainNLL, TestNLL           float64   // mean negative log-likelihood; NaN where ln Z is unknown
	HeldOut                     []float64 // phi of every held-out example
	Examples                    []float64 // phi of examples of every training set, its own among them
	Ghosts                      []float64 // phi of examples that no replica was trained on
	TrainAccuracy, TestAccuracy float64   // share of labels that are the most probable; NaN without labels

	Free   FreeEnergy        // F(theta_n), by every method
	Origin estimate.Estimate // F(theta_0)
	// Work of switching at once from the last observation to this one on the chains of then, and back on those of now; nil
	// at the first.
	Forward, Reverse []float64
	Before           []float32 // the chains at the last observation, where their lag is measured; nil at the first

	Switching  thermo.Switching  // weights of the observer chains since the start
	Memory     estimate.Estimate // integrated autocorrelation time of their energy, kernel moves; 0 for an exact kernel
	Acceptance float64           // share of the kernel's proposals that were accepted; NaN without proposals
	Innovation [2]float64        // cumulated r |g - c|^2 / (4T) for c = 0 and c = held-out gradient
}

func init() { gob.Register(new(Snapshot)) }

// snapshot shows what an observation needs of the replica. It shares the replica's memory: a state is copied before it
// is trained on, and so stays as it is.
func (r *Replica) snapshot() *Snapshot {
	return &Snapshot{
		Set: r.Set, Index: r.Index, Step: r.Step, Theta: r.Theta, Samples: r.Chains, Ledger: r.Ledger,
		Free: r.Free, Origin: r.Origin, Switching: r.Switching, Innovation: r.Innovation,
	}
}
