package ensemble

import "calorimeter/instrument/estimate"

// ChainState says how far the observer chains can be trusted.
type ChainState struct {
	Memory     estimate.Estimate // integrated autocorrelation time of their energy, kernel moves; 0 for an exact kernel
	ESS        estimate.Estimate // effective sample size of their weights since the last resampling, a share of the chains
	Resampled  estimate.Estimate // resamplings of a replica since the start
	Acceptance estimate.Estimate // share of proposals accepted since the last observation
	Lagging    bool              // they did not forget, between two updates, where they had been
	LaggingWhy string            // in words; "" if they are not lagging
}

// equilibration is the number of autocorrelation times after which a chain is taken to have forgotten its start.
const equilibration = 3

// leastAcceptance is the share of accepted proposals below which chains count as stuck.
const leastAcceptance = 0.05

// chainState says how the chains moved, and warns where numbers rest on chains that lag behind the weights.
func (o *Observation) chainState(row *Row) {
	c := &row.Chain
	c.ESS = o.over(func(s int) float64 { return o.Switching[s].ESSFraction() })
	c.Resampled = o.over(func(s int) float64 { return float64(o.Switching[s].Epochs) })
	c.Acceptance = o.over(func(s int) float64 { return o.Acceptance[s] })
	if c.Acceptance.Value < leastAcceptance {
		c.Acceptance = c.Acceptance.Warn("of the kernel's proposals only a share of %.2g was accepted: the observer chains "+
			"hardly move; train with a smaller learning rate, which lets the step size follow", c.Acceptance.Value)
	}
	c.Memory = o.over(func(s int) float64 { return o.Memory[s].Value })
	for _, m := range o.Memory {
		if len(m.Warnings) > 0 {
			c.Memory = c.Memory.WarnAs(m)
			break
		}
	}
	if !o.Roles.Markov || o.Ledgers[0].Observations == 0 {
		return
	}
	moves := o.Moves
	if o.FollowMoves > 0 {
		moves = o.FollowMoves
	}
	switch {
	case !c.Memory.Known():
		c.LaggingWhy = "the chains' autocorrelation time is unknown"
	case float64(moves) < equilibration*c.Memory.Value:
		c.LaggingWhy = "the chains take " + c.Memory.String() + " moves to forget and were given fewer between two updates " +
			"of the weights"
	default:
		return
	}
	c.Lagging = true
	if row.EntropyProduction.Known() {
		row.EntropyProduction = row.EntropyProduction.Warn("upper bound on the entropy produced so far: %s, so that part of "+
			"W - dF is not yet dissipated", c.LaggingWhy)
	}
	if float64(o.Moves) < equilibration*c.Memory.Value || !c.Memory.Known() {
		row.SampleEntropy = row.SampleEntropy.Warn("the chains may not be in equilibrium: %s", c.LaggingWhy)
	}
}
