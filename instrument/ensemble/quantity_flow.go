package ensemble

import (
	"calorimeter/instrument/estimate"
	"calorimeter/instrument/information"
	"calorimeter/instrument/record"
)

var _ = declare(quantity{Info: record.Info{
	Name: "x_info_before_lo", Title: "X-info before samples move, lower bound", Symbol: "I(Xₙ₋₁;Θₙ)", Unit: "nats",
	Panel: sampleInformationPanel,
	Doc: "I(Xₙ₋₁;Θₙ) >= E ln[λ + (1-λ) exp(own - mix)]: what the samples of the last observation tell of the weights " +
		"now, before they move; the weights' motion takes x_info of then to this, the samples' motion this to x_info",
	Ref: poole + "; half-steps: Still et al. 2012, Phys. Rev. Lett. 109, 120604",
}, only: func(r Roles) bool { return sampled(r) && r.Lag }, ceiling: lnD, of: unmoved})

// unmoved bounds what the samples of the last observation tell of the weights of this one. The bound holds whatever the
// samples are distributed by; one from above, which takes it to be p(.|theta), is not known.
func unmoved(o *Observation, _ *Row, _ []*Row) estimate.Estimate {
	switch {
	case o.Unmoved == nil:
		return estimate.Unknown("no samples before the first observation")
	case o.unknownFree():
		return unknownBracket(errNoFreeEnergy).Lower
	}
	cross, err := information.NewCrossLogLikelihood(o.Sets, o.PerSet, o.Chains, o.Unmoved)
	if err != nil {
		return unknownBracket(err).Lower
	}
	return cross.Bounds().Sample.Lower
}
