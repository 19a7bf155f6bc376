package thermo

import (
	"fmt"
	"math"
)

// Cycle is one training step of a softmax, seen as a thermodynamic cycle. Every number is a mean over the samples of
// the batch, in nats (k_B T = 1).
//
// A softmax over K labels with the logits l at temperature tau is the Gibbs state p_k = exp(-E_k)/Z of the energies
// E_k = -l_k/tau, with free energy F = -ln sum_k exp(-E_k). A target q (the self-label that another view of the
// sample was given, or the label of a classifier) acts on it as a measurement does; the step turns E into E' and p into
// p'. For each sample, defined here as
//
//	measure + isochoric heating   E fixed, p -> q     QIn  = sum_k (q_k - p_k) E_k
//	adiabatic expansion           q fixed, E -> E'    Work = sum_k q_k (E'_k - E_k)     done on the system
//	thermalisation                E' fixed, q -> p'   QOut = sum_k (p'_k - q_k) E'_k
//	first law                     <E'>_p' - <E>_p = QIn + Work + QOut
//	second law                    Work - DeltaF = KL(q||p') - KL(q||p) = -(decrease of the cross-entropy of q)
//
// after Salazar, Phys. Lett. A (2021), arXiv:2106.08981; the operational definitions are this package's own. Heat is
// counted as positive where the system absorbs it. QIn and Work depend on the zero of the energies, which a softmax
// does not know; Work - DeltaF, the divergences and the entropies do not.
//
// Cycle is a plain value with exported fields, so that encoding/gob saves it. Sums and averages of cycles
// ([CycleLedger]) are Cycles too.
type Cycle struct {
	Samples int // samples averaged over
	Labels  int // K

	EnergyP  float64 // <E>_p, where the cycle begins
	EnergyQ  float64 // <E>_q, after the measurement
	EnergyQ2 float64 // <E'>_q, after the expansion
	EnergyP2 float64 // <E'>_p', where it ends

	EntropyP  float64 // S(p) = -sum_k p_k ln p_k
	EntropyQ  float64 // S(q), the same before and after the expansion
	EntropyP2 float64 // S(p')

	QIn    float64 // heat absorbed with the measurement
	Work   float64 // work done on the system by the step
	QOut   float64 // heat absorbed while the system relaxes to p'; negative where it dissipates
	DeltaF float64 // F' - F

	KLBefore float64 // KL(q||p), the nonequilibrium free energy that the measurement created: what the demon bought
	KLAfter  float64 // KL(q||p'), what is left of it after the step

	TauQ  float64 // effective temperature of q among the energies E, see effectiveTemperature; NaN if not solved for
	TauQ2 float64 // effective temperature of q among the energies E'; NaN if not solved for

	FirstLaw float64 // largest violation of the first law over samples, relative to max(1, |energies|)
	Demon    float64 // largest |(Work - DeltaF) - (KLAfter - KLBefore)| over samples, relative in the same way
}

// Extracted returns the work extracted beyond the change of free energy, -(Work - DeltaF). It is the decrease of the
// loss on the batch, where the loss is the cross-entropy of q and p and q is held.
func (c Cycle) Extracted() float64 { return c.DeltaF - c.Work }

// Efficiency returns Extracted/KLBefore: the part of what the measurement bought that the step turned into work. It is
// at most 1, for KLAfter >= 0, and negative where the step raised the loss. It is NaN where nothing was bought, q = p.
func (c Cycle) Efficiency() float64 {
	if c.KLBefore <= 0 {
		return math.NaN()
	}
	return c.Extracted() / c.KLBefore
}

// production returns the entropy production of measurement and thermalisation, Sigma_1 and Sigma_3 of the package
// comment. Their sum is Work - DeltaF.
func (c Cycle) production() (measure, thermalise float64) {
	return c.EntropyQ - c.EntropyP - c.QIn, c.EntropyP2 - c.EntropyQ - c.QOut
}

// LossResidual compares the cycle with the losses that the training program itself computed on the batch before and
// after the step: |(Work - DeltaF) - (after - before)| / max(1, |before|, |after|). The losses must be means over the
// same samples of the cross-entropy of q and p, or of KL(q||p).
func (c Cycle) LossResidual(before, after float64) float64 {
	return math.Abs(c.Work-c.DeltaF-(after-before)) / max(1, math.Abs(before), math.Abs(after))
}

// CycleNames returns the names of the numbers that [Cycle.Values] returns, as columns of records are named:
// those of the fields in lower case with underscores, then work extracted, efficiency, and entropy production.
func CycleNames() []string {
	return []string{
		"energy_p", "energy_q", "energy_q2", "energy_p2", "entropy_p", "entropy_q", "entropy_p2",
		"q_in", "work", "q_out", "delta_f", "kl_before", "kl_after", "tau_q", "tau_q2",
		"extracted", "efficiency", "sigma_measure", "sigma_thermalise",
	}
}

// Values returns the numbers of the cycle in the order of [CycleNames].
func (c Cycle) Values() []float64 {
	measure, thermalise := c.production()
	var values []float64
	for _, f := range c.fields() {
		values = append(values, *f)
	}
	return append(values, c.Extracted(), c.Efficiency(), measure, thermalise)
}

// fields lists the means, in the order of CycleNames.
func (c *Cycle) fields() [15]*float64 {
	return [...]*float64{
		&c.EnergyP, &c.EnergyQ, &c.EnergyQ2, &c.EnergyP2, &c.EntropyP, &c.EntropyQ, &c.EntropyP2,
		&c.QIn, &c.Work, &c.QOut, &c.DeltaF, &c.KLBefore, &c.KLAfter, &c.TauQ, &c.TauQ2,
	}
}

// add adds the means of d to those of c, and keeps the larger residuals.
func (c *Cycle) add(d *Cycle) {
	to, from := c.fields(), d.fields()
	for i := range to {
		*to[i] += *from[i]
	}
	c.Samples, c.Labels = c.Samples+d.Samples, d.Labels
	c.FirstLaw, c.Demon = max(c.FirstLaw, d.FirstLaw), max(c.Demon, d.Demon)
}

// over divides the means by n.
func (c Cycle) over(n float64) Cycle {
	for _, f := range c.fields() {
		*f /= n
	}
	return c
}

// NewCycle returns the cycle of one step; the arguments, errors and panics are those of [CycleLedger.Record].
func NewCycle(labels int, energy, target, newEnergy []float64) (Cycle, error) {
	l := NewCycleLedger(labels)
	err := l.Record(energy, target, newEnergy)
	return l.Last, err
}

// sampleCycle is the cycle of one sample. p and p2 are scratch of the same length as the rows.
func sampleCycle(energy, target, newEnergy, p, p2 []float64) (c Cycle, err error) {
	sum := 0.0
	for k, t := range target {
		e, e2 := energy[k], newEnergy[k]
		switch {
		case !(t >= 0) || math.IsInf(t, 1):
			return c, fmt.Errorf("target of label %d of %d is %v: probabilities are wanted", k, len(target), t)
		case math.IsInf(e, 1) && math.IsInf(e2, 1) && t == 0:
		case math.IsNaN(e) || math.IsInf(e, 0):
			return c, fmt.Errorf("energy of label %d of %d before the step is %v (a forbidden label has +Inf on both sides "+
				"and target 0)", k, len(target), e)
		case math.IsNaN(e2) || math.IsInf(e2, 0):
			return c, fmt.Errorf("energy of label %d of %d after the step is %v (a forbidden label has +Inf on both sides and "+
				"target 0)", k, len(target), e2)
		}
		sum += t
	}
	if math.Abs(sum-1) > 1e-4 {
		return c, fmt.Errorf("the targets sum to %v, not to 1", sum)
	}
	lo, z := gibbsWeights(p, energy)
	lo2, z2 := gibbsWeights(p2, newEnergy)
	lnZ, lnZ2 := math.Log(z), math.Log(z2)
	c = Cycle{Samples: 1, Labels: len(p), DeltaF: (lo2 - lnZ2) - (lo - lnZ), TauQ: math.NaN(), TauQ2: math.NaN()}
	for k, t := range target {
		e, e2 := energy[k], newEnergy[k]
		if math.IsInf(e, 1) {
			continue
		}
		q := t / sum
		p, p2 := p[k]/z, p2[k]/z2
		lnP, lnP2 := lo-e-lnZ, lo2-e2-lnZ2
		c.EnergyP += p * e
		c.EnergyQ += q * e
		c.EnergyQ2 += q * e2
		c.EnergyP2 += p2 * e2
		c.EntropyP -= p * lnP
		c.EntropyP2 -= p2 * lnP2
		c.QIn += (q - p) * e
		c.Work += q * (e2 - e)
		c.QOut += (p2 - q) * e2
		if q > 0 {
			lnQ := math.Log(q)
			c.EntropyQ -= q * lnQ
			c.KLBefore += q * (lnQ - lnP)
			c.KLAfter += q * (lnQ - lnP2)
		}
	}
	c.KLBefore, c.KLAfter = max(c.KLBefore, 0), max(c.KLAfter, 0) // rounding where q = p
	scale := max(1, math.Abs(c.EnergyP), math.Abs(c.EnergyQ), math.Abs(c.EnergyQ2), math.Abs(c.EnergyP2))
	c.FirstLaw = math.Abs((c.EnergyP2-c.EnergyP)-(c.QIn+c.Work+c.QOut)) / scale
	c.Demon = math.Abs((c.Work-c.DeltaF)-(c.KLAfter-c.KLBefore)) / scale
	if bad := c.FirstLaw + c.Demon; math.IsNaN(bad) || math.IsInf(bad, 0) {
		return c, fmt.Errorf("the energies are too large to be added: from %v", lo)
	}
	return c, nil
}
