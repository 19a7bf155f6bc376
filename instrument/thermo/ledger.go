package thermo

import (
	"fmt"
	"math"
	"slices"
)

// Ledger keeps the books of the K observer chains of one replica: the first law of thermodynamics, chain by chain.
//
// With theta_n the weights and x_n the state of a chain at observation n, and phi the energy in nats (k_B T = 1),
// one interval is a move of the weights at fixed x, then a move of x at fixed weights:
//
//	w_n = phi_{theta_n}(x_{n-1}) - phi_{theta_{n-1}}(x_{n-1})    work done on the chain
//	q_n = phi_{theta_n}(x_n)     - phi_{theta_n}(x_{n-1})        heat absorbed by the chain
//	phi_{theta_n}(x_n) - phi_{theta_{n-1}}(x_{n-1}) = w_n + q_n  exactly
//
// (Jarzynski, Phys. Rev. Lett. 78, 2690 (1997), and Sekimoto, Stochastic Energetics (2010), in discrete time; with the
// weights as protocol and heat reservoir as in Parsi, Entropy 26, 112 (2024)). The heat dissipated into the reservoir
// is -q_n.
//
// A Ledger is a plain value: every field is exported so that encoding/gob saves and restores it whole. The zero
// value is ready for [Ledger.Start]. Read the fields freely, change them through the methods only. A Ledger is not
// safe for concurrent use. All slices have length K.
type Ledger struct {
	Observations int       // n: the number of intervals recorded since Start
	Energy0      []float64 // phi_{theta_0}(x_0)
	Energy       []float64 // phi_{theta_n}(x_n)
	Work         []float64 // w_n, the last interval; NaN before the first
	Heat         []float64 // q_n, the last interval; NaN before the first
	TotalWork    []float64 // w_1 + ... + w_n
	TotalHeat    []float64 // q_1 + ... + q_n
	FreeEnergy   float64   // F(theta_n) = -ln Z(theta_n); NaN if unknown
	DeltaF       float64   // F(theta_n) - F(theta_{n-1}), the last interval; NaN if unknown
	TotalDeltaF  float64   // F(theta_n) - F(theta_0); NaN once any interval's is unknown
	Largest      float64   // largest |phi| that entered the books, over all chains: what their rounding goes by
}

// Start opens the books at observation 0 and forgets what was in them. phi[k] = phi_{theta_0}(x_0^k) is the energy of
// chain k; f = F(theta_0) = -ln Z(theta_0), NaN if unknown (0 for a normalised model). phi is copied. An energy that is
// not finite is an error that names the chain; the ledger is then unchanged. Start panics without chains.
func (l *Ledger) Start(phi []float64, f float64) error {
	if len(phi) == 0 {
		panic("thermo: a ledger needs at least one chain")
	}
	if err := finite("energy at the start", "chain", phi); err != nil {
		return fmt.Errorf("thermo: %w", err)
	}
	if math.IsInf(f, 0) {
		return fmt.Errorf("thermo: free energy at the start is %v; pass NaN if it is unknown", f)
	}
	k := len(phi)
	*l = Ledger{
		Energy0:    slices.Clone(phi),
		Energy:     slices.Clone(phi),
		Work:       slices.Repeat([]float64{math.NaN()}, k),
		Heat:       slices.Repeat([]float64{math.NaN()}, k),
		TotalWork:  make([]float64, k),
		TotalHeat:  make([]float64, k),
		FreeEnergy: f,
		DeltaF:     math.NaN(),
		Largest:    max(slices.Max(phi), -slices.Min(phi)),
	}
	return nil
}

// Record enters one interval: moved[k] = phi_{theta_n}(x_{n-1}^k), the energy after the weights moved, and relaxed[k] =
// phi_{theta_n}(x_n^k), the energy after the chain moved too; dF = F(theta_n) - F(theta_{n-1}), NaN if unknown (0 for a
// normalised model).
//
// An energy that is not finite is an error that names the chain and the observation; the ledger is then unchanged.
// Record panics if the lengths are not those given to Start. It does not allocate.
func (l *Ledger) Record(moved, relaxed []float64, dF float64) error {
	if len(moved) != len(l.Energy) || len(relaxed) != len(l.Energy) || len(moved) == 0 {
		panic(fmt.Sprintf("thermo: ledger of %d chains was given %d moved and %d relaxed energies",
			len(l.Energy), len(moved), len(relaxed)))
	}
	if err := finite("energy after the weights moved", "chain", moved); err != nil {
		return fmt.Errorf("thermo: observation %d: %w", l.Observations+1, err)
	}
	if err := finite("energy after the chain moved", "chain", relaxed); err != nil {
		return fmt.Errorf("thermo: observation %d: %w", l.Observations+1, err)
	}
	if math.IsInf(dF, 0) {
		return fmt.Errorf("thermo: observation %d: free energy difference is %v; pass NaN if it is unknown",
			l.Observations+1, dF)
	}
	for k, before := range l.Energy {
		l.Work[k] = moved[k] - before
		l.Heat[k] = relaxed[k] - moved[k]
		l.TotalWork[k] += l.Work[k]
		l.TotalHeat[k] += l.Heat[k]
		l.Largest = max(l.Largest, math.Abs(moved[k]), math.Abs(relaxed[k]))
	}
	copy(l.Energy, relaxed)
	l.DeltaF = dF
	l.TotalDeltaF += dF
	l.FreeEnergy += dF
	l.Observations++
	return nil
}

// Residual checks the books against energies that were evaluated independently of them, phi[k] = phi_{theta_n}(x_n^k)
// now. It returns the largest violation of the first law over chains,
//
//	max_k | (phi[k] - phi_{theta_0}(x_0^k)) - (sum_n w_n^k + sum_n q_n^k) |,
//
// in nats, and that relative to max(1, |phi|), phi the largest energy that entered the books. Both are zero to rounding
// where no chain moved and no weight changed behind the ledger's back; both are NaN if an energy is. Residual panics if
// the length of phi is not that given to [Ledger.Start].
func (l *Ledger) Residual(phi []float64) (absolute, relative float64) {
	if len(phi) != len(l.Energy) || len(phi) == 0 {
		panic(fmt.Sprintf("thermo: ledger of %d chains was given %d energies", len(l.Energy), len(phi)))
	}
	for k, now := range phi {
		absolute = max(absolute, math.Abs((now-l.Energy0[k])-(l.TotalWork[k]+l.TotalHeat[k])))
	}
	return absolute, absolute / max(1, l.Largest)
}

// finite returns an error that names the first value that is not finite, and the unit that it belongs to.
func finite(what, unit string, values []float64) error {
	return first(what, unit, values, func(v float64) bool { return math.IsNaN(v) || math.IsInf(v, 0) })
}

// weighable is finite for work that enters by its weight exp(-work) alone: work of +Inf has weight 0.
func weighable(what, unit string, work []float64) error {
	return first(what, unit, work, func(w float64) bool { return math.IsNaN(w) || math.IsInf(w, -1) })
}

func first(what, unit string, values []float64, bad func(float64) bool) error {
	if k := slices.IndexFunc(values, bad); k >= 0 {
		return fmt.Errorf("%s of %s %d of %d is %v", what, unit, k, len(values), values[k])
	}
	return nil
}
