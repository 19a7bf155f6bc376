package thermo

import (
	"math"

	"calorimeter/instrument/estimate"
)

// traced is the number of points of an energy trace from which the autocorrelation time is taken.
const traced = 64

// trace is the energy of the observer chains while the kernel moves them: at even spaces over all moves, for chains
// that forget slowly, and after each of the last moves, for chains that forget from one point of the former to the
// next.
type trace struct {
	moves  int         // in all
	stride int         // moves from one point of even to the next
	even   [][]float64 // a slice a chain
	last   [][]float64 // likewise
}

func newTrace(chains int) *trace {
	return &trace{even: make([][]float64, chains), last: make([][]float64, chains)}
}

// begin prepares for so many moves.
func (t *trace) begin(moves int) { t.moves, t.stride = moves, (moves+traced-1)/traced }

// wants says whether the energies after move i are to be entered.
func (t *trace) wants(i int) bool {
	return t != nil && (i%t.stride == 0 || i >= t.moves-traced)
}

func (t *trace) enter(i int, phi []float64) {
	for k, v := range phi {
		if i%t.stride == 0 {
			t.even[k] = append(t.even[k], v)
		}
		if t.stride > 1 && i >= t.moves-traced {
			t.last[k] = append(t.last[k], v)
		}
	}
}

// resolved is the autocorrelation time of the even trace, in its own steps, above which it resolves the chains' memory.
const resolved = 2

// memory returns the autocorrelation time of the energy in moves.
func (t *trace) memory() estimate.Estimate {
	e := AutocorrelationTime(t.even)
	switch {
	case t.stride == 1:
		return e
	case e.Value > resolved:
		return inMoves(e, t.stride)
	}
	return AutocorrelationTime(t.last)
}

// inMoves turns the autocorrelation time of a trace with the given stride into moves. With an autocorrelation that
// falls as a^t, tau = (1+a)/(1-a), and a trace of every s-th move has that of a^s:
//
//	tau = (1+a)/(1-a),    a = ((tau_s - 1)/(tau_s + 1))^(1/s),
//
// about s tau_s where tau_s is large.
func inMoves(e estimate.Estimate, stride int) estimate.Estimate {
	moves := func(tau float64) float64 {
		a := math.Pow(max(0, (tau-1)/(tau+1)), 1/float64(stride))
		return (1 + a) / (1 - a)
	}
	width := e.Hi - e.Lo
	e.Value = moves(e.Value)
	e.Lo, e.Hi = moves(e.Lo), moves(e.Hi)
	if width > 0 {
		e.SE *= (e.Hi - e.Lo) / width
	}
	return e
}
