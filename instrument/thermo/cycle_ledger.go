package thermo

import "fmt"

// CycleLedger keeps the books of a training run of a softmax, cycle by cycle (see [Cycle] for the definitions).
//
//	books := thermo.NewCycleLedger(labels)
//	for each step {
//		// energies on the batch before the step, the targets, the energies on the same batch after the step
//		err := books.Record(energy, target, newEnergy)
//	}
//	books.Last                 // the last step
//	books.Total.Extracted()    // summed over all steps
//	mean, steps := books.Take() // averaged over the steps since the last Take
//
// The target must be what the step was trained on, held while the weights move: the one-hot label of SimCLR and the
// Sinkhorn code of SwAV are held by the stop-gradient; DINO's teacher and centre move after the step, so its q is that
// of the teacher before it moves. What that move does to q belongs to the measurement of the next cycle, which begins
// on another batch. With two views that label one another, the rows of both views are the samples.
//
// A CycleLedger is a plain value that encoding/gob saves and restores whole. Read the fields freely, change them
// through the methods only. It is not safe for concurrent use.
type CycleLedger struct {
	Labels       int
	Temperatures bool    // set before the first Record to solve for TauQ and TauQ2 in each: a few times the cost of Record
	Steps        int     // cycles recorded
	Samples      []Cycle // the last cycle, sample by sample
	Last         Cycle   // its mean over samples
	Total        Cycle   // sum of the means over all steps; Samples counts all of them, residuals are the largest
	Window       Cycle   // sum of the means since the last Take
	WindowSteps  int     // cycles in Window

	scratch, excess []float64
}

// NewCycleLedger returns an empty ledger for a softmax of K = labels labels. It panics unless labels > 1.
func NewCycleLedger(labels int) *CycleLedger {
	if labels < 2 {
		panic(fmt.Sprintf("thermo: a softmax of %d labels has no cycle", labels))
	}
	return &CycleLedger{Labels: labels}
}

// Record enters the cycle of one step. energy[i*labels+k] = E_ik are the energies before the step, newEnergy the E'_ik
// after it, on the same samples, and target the q_ik, whose rows sum to 1 (to 1e-4; they are normalised, so that
// targets of float32 close the books too). A label that is forbidden to a sample, as the sample itself is in SimCLR,
// has the energy +Inf on both sides and target 0.
//
// The number of samples may change from step to step; each step has the same weight in Total and Window. An error names
// the sample and the label of a number that is not finite or a target that is negative, or the row that does not sum to
// 1; the ledger's sums are then unchanged. It panics unless the three have the same length, a multiple of labels > 1.
// It does not allocate, except in the first step and where a batch is larger than those before.
func (l *CycleLedger) Record(energy, target, newEnergy []float64) error {
	n, k := len(energy)/max(l.Labels, 1), l.Labels
	if k < 2 || n < 1 || len(energy) != n*k || len(target) != n*k || len(newEnergy) != n*k {
		panic(fmt.Sprintf("thermo: a cycle of %d labels was given %d energies, %d targets and %d new energies",
			k, len(energy), len(target), len(newEnergy)))
	}
	if len(l.scratch) != 2*k {
		l.scratch = make([]float64, 2*k)
	}
	if cap(l.Samples) < n {
		l.Samples = make([]Cycle, 0, n)
	}
	l.Samples = l.Samples[:0]
	mean := Cycle{}
	for i := range n {
		row := func(x []float64) []float64 { return x[i*k : (i+1)*k] }
		c, err := sampleCycle(row(energy), row(target), row(newEnergy), l.scratch[:k], l.scratch[k:])
		if err != nil {
			return fmt.Errorf("thermo: cycle %d: sample %d of %d: %w", l.Steps, i, n, err)
		}
		l.Samples = append(l.Samples, c)
		mean.add(&c)
	}
	mean = mean.over(float64(n))
	if l.Temperatures {
		if len(l.excess) != n*k {
			l.excess = make([]float64, n*k)
		}
		mean.TauQ = effectiveTemperature(energy, k, mean.EntropyQ, l.excess)
		mean.TauQ2 = effectiveTemperature(newEnergy, k, mean.EntropyQ, l.excess)
	}
	l.Last = mean
	l.Total.add(&mean)
	l.Window.add(&mean)
	l.Steps++
	l.WindowSteps++
	return nil
}

// Take returns the mean cycle over the steps since the last Take, or since the start, with their number, and begins a
// new window. With no step it returns the zero Cycle and 0.
func (l *CycleLedger) Take() (mean Cycle, steps int) {
	steps = l.WindowSteps
	if steps > 0 {
		mean = l.Window.over(float64(steps))
	}
	l.Window, l.WindowSteps = Cycle{}, 0
	return mean, steps
}
