package ensemble

import (
	"math"

	"calorimeter/instrument/estimate"
	"calorimeter/instrument/record"
)

var (
	sampleInformationPanel = record.Panel{
		Figure: "information", Title: "What one sample tells", Axis: "information (nats)", Scale: record.Knee, Overview: 6,
	}
	projectionPanel = record.Panel{
		Figure: "information", Title: "Information in a projection of the weights", Axis: "information (nats)",
	}
)

// lnD is the ceiling of what can tell one of D training sets. A label cannot tell more than its own entropy.
func lnD(d design) float64 {
	ceiling := lnSets(d)
	if d.roles.Labels > 0 {
		ceiling = min(ceiling, math.Log(float64(d.roles.Labels)))
	}
	return ceiling
}

// lnSets is the ceiling of what the weights tell of D training sets.
func lnSets(d design) float64 { return math.Log(float64(d.sets)) }

var _ = declare(
	quantity{Info: record.Info{
		Name: "l_info_lo", Title: "L-info, lower bound", Symbol: "L-info", Unit: "nats", Panel: sampleInformationPanel,
		Rank: 2, Headline: true, Bound: record.Bound{Of: "l_info"},
		Doc: "I(X;B) >= E ln[λ + (1-λ) exp(ex - mix)]: what one sample reveals of the training set; at most ln D, and " +
			"near 0 where it reveals nothing (λ in [0, 1] is fitted to other replicas)",
		Ref: poole,
	}, only: sampled, ceiling: lnD, of: ofRow(func(r *Row) estimate.Estimate { return r.LInfo.Lower })},
	quantity{Info: record.Info{
		Name: "l_info_hi", Title: "L-info, upper bound", Symbol: "L-info", Unit: "nats", Panel: sampleInformationPanel,
		Rank: 2, Headline: true, Bound: record.Bound{Of: "l_info", Upper: true},
		Doc: "I(X;B) <= E[in - out], in and ex the log-mean-likelihood under the replicas of the same training set with " +
			"and without the sample's own, out and mix under those of the other training sets and of all",
		Ref: poole,
	}, only: sampled, of: ofRow(func(r *Row) estimate.Estimate { return r.LInfo.Upper })},
	mInfoQuantity.ofRow(),
	cmiQuantity.ofRow(),
	quantity{Info: record.Info{
		Name: "m_info_gauss", Title: "M-info in a projection, Gaussian", Symbol: "M-info, Gaussian", Unit: "nats",
		Panel: projectionPanel, Rank: 11,
		Doc: "I(PΘ;B) = ½ ln det(1 + Sw⁻¹ Sb) of the weights between (b) and within (w) training sets, in the best " +
			"projection P on few dimensions",
		Assumption: "Gaussian means of training sets, else it may lie above the truth; a projection holds less than all " +
			"weights do: some 2.5 nats a dimension at most, whatever the network",
		Ref: "defined here, after " + parsi,
	}, only: projected, of: ofRow(func(r *Row) estimate.Estimate { return r.MInfoGauss })},
	quantity{Info: record.Info{
		Name: "m_info_d_lo", Title: "M-info on D sets, lower bound", Symbol: "M-info, D sets", Unit: "nats",
		Panel: projectionPanel, Rank: 8, Bound: record.Bound{Of: "m_info_d"},
		Doc: "which of the D training sets the weights came from, by pairwise Bhattacharyya distances; at most ln D",
		Ref: "Kolchinsky & Tracey 2017, Entropy 19(7) 361",
	}, ceiling: lnSets, of: ofRow(func(r *Row) estimate.Estimate { return r.MInfoFinite.Lower })},
	quantity{Info: record.Info{
		Name: "m_info_d_hi", Title: "M-info on D sets, upper bound", Symbol: "M-info, D sets", Unit: "nats",
		Panel: projectionPanel, Rank: 8, Bound: record.Bound{Of: "m_info_d", Upper: true},
		Doc: "the same by pairwise Kullback-Leibler divergences; at most ln D",
		Ref: "Kolchinsky & Tracey 2017, Entropy 19(7) 361",
	}, of: ofRow(func(r *Row) estimate.Estimate { return r.MInfoFinite.Upper })},
	quantity{Info: record.Info{
		Name: "m_info_noise", Title: "noise bound on M-info", Unit: "nats", Panel: weightInformationPanel,
		Doc:        "sum of r |g - c|² / (4T) over steps of rate r at temperature T; infinite without noise (T = 0)",
		Assumption: "plain Langevin SGD, without momentum, clipping or decay",
		Ref:        "Pensia, Jog & Loh 2018, arXiv:1801.04295; centred as Negrea et al. 2019, arXiv:1911.02151",
	}, only: langevin, of: ofRow(func(r *Row) estimate.Estimate { return r.MInfoNoise })},
	quantity{Info: record.Info{
		Name: "x_info_lo", Title: "X-info, lower bound", Symbol: "X-info", Unit: "nats", Panel: sampleInformationPanel,
		Rank: 9, Bound: record.Bound{Of: "x_info"},
		Doc: "I(X;Θ) >= E ln[λ + (1-λ) exp(own - mix)]: what one sample reveals of the weights; at most ln D",
		Ref: poole,
	}, only: sampled, ceiling: lnD, of: ofRow(func(r *Row) estimate.Estimate { return r.XInfo.Lower })},
	quantity{Info: record.Info{
		Name: "x_info_hi", Title: "X-info, upper bound", Symbol: "X-info", Unit: "nats", Panel: sampleInformationPanel,
		Rank: 9, Bound: record.Bound{Of: "x_info", Upper: true},
		Doc: "I(X;Θ) <= E[own - out], own the log-likelihood under the replica that made the sample, out and mix the " +
			"log-mean-likelihood under other training sets' and under one of each set",
		Ref: poole,
	}, only: sampled, of: ofRow(func(r *Row) estimate.Estimate { return r.XInfo.Upper })},
)
