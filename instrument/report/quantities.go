package report

import "slices"

// Quantity says what a column of the curves means.
type Quantity struct {
	Column  string // name of the column
	Name    string // in words
	Symbol  string
	Unit    string
	Meaning string // definition in one line
	Source  string // the paper; "defined here" where the operational definition is calorimeter's own
}

// The sources of the quantities, as they are cited in the report.
const (
	parsi      = "Parsi 2024, Entropy 26(2) 112, arXiv:2310.19802"
	sekimoto   = "Sekimoto 1998, Prog. Theor. Phys. Suppl. 130, 17; for learning " + parsi
	jarzynski  = "Jarzynski 1997, Phys. Rev. Lett. 78, 2690"
	poole      = "Poole et al. 2019, arXiv:1905.06922; L-info in learning: " + parsi
	kolchinsky = "Kolchinsky & Tracey 2017, Entropy 19(7) 361"
	pensia     = "Pensia, Jog & Loh 2018, arXiv:1801.04295; centred as Negrea et al. 2019, arXiv:1911.02151"
)

var quantities = []Quantity{
	{"step", "training step", "t", "steps", "steps of the solver taken before the observation; 0 is before the first", ""},
	{"train_nll", "training loss", "L_train", "nats per sample", "mean of the model's loss (negative log-likelihood where it is normalised) over a replica's own training set", ""},
	{"test_nll", "test loss", "L_test", "nats per sample", "the same over examples that no replica was trained on", ""},
	{"work", "work", "W", "nats", "sum of phi_n(x_{n-1}) - phi_{n-1}(x_{n-1}) so far, mean over chains: done on the samples as the weights move", sekimoto},
	{"heat", "heat absorbed by the samples", "Q", "nats", "sum of phi_n(x_n) - phi_n(x_{n-1}) so far, mean over chains; -Q is dissipated into the weights", sekimoto},
	{"entropy_production", "entropy production", "Σ", "nats", "W - ΔF, given the path of the weights; at equilibrium sampling a sum of Kullback-Leibler divergences, never negative on average", "defined here, after " + parsi},
	{"s_x_given_theta", "entropy of the samples", "S(X|Θ)", "nats", "mean energy of the samples less the free energy, E[phi(x)] - F(theta), with F = -ln Z", parsi},
	{"s_theta", "entropy of the weights", "S(Θ)", "nats", "differential entropy of the cloud of replicas; only its changes are free of the unit of the weights", "defined here, after " + parsi},
	{"x_info_lo", "X-info, lower bound", "I(X;Θ)", "nats", "E[own - mix(own)]: what the samples reveal of the weights; at most ln D", poole},
	{"x_info_hi", "X-info, upper bound", "I(X;Θ)", "nats", "E[own - out], own the log-likelihood under the replica that made the sample, out the log-mean-likelihood under other training sets'", poole},
	{"l_info_lo", "L-info, lower bound", "I(X;B)", "nats", "E[ex - mix(ex)]: what the samples reveal of the training set; at most ln D", poole},
	{"l_info_hi", "L-info, upper bound", "I(X;B)", "nats", "E[in - out], in and ex the log-mean-likelihood under the replicas of the same training set with and without the sample's own", poole},
	{"m_info", "M-info", "I(Θ;B)", "nats", "what the weights hold of the training set: ½ ln det(1 + Sw⁻¹ Sb) of the weights between (b) and within (w) training sets, in the best projection; Gaussian weights assumed", "defined here, after " + parsi},
	{"m_info_lo", "M-info, lower end of the 95% interval", "I(Θ;B)", "nats", "of the Gaussian estimate", "defined here"},
	{"m_info_hi", "M-info, upper end of the 95% interval", "I(Θ;B)", "nats", "of the Gaussian estimate", "defined here"},
	{"m_info_d_lo", "M-info on D sets, lower bound", "I_D(Θ;B)", "nats", "which of the D training sets the weights came from, by pairwise Bhattacharyya distances; at most ln D", kolchinsky},
	{"m_info_d_hi", "M-info on D sets, upper bound", "I_D(Θ;B)", "nats", "the same by pairwise Kullback-Leibler divergences; at most ln D", kolchinsky},
	{"m_info_noise", "noise bound on M-info", "", "nats", "sum of r |g - c|² / (4T) over steps of rate r at temperature T; infinite without noise (T = 0)", pensia},
	{"delta_f", "free energy difference", "ΔF", "nats", "F(theta_n) - F(theta_0) with F = -ln Z; exactly 0 for a normalised model, else -ln <exp(-W)>", jarzynski},
	{"ift", "fluctuation average", "<exp(-(w - ΔF))>", "1", "over the last interval between observations; 1 if the chains are in equilibrium and well sampled", jarzynski},
	{"ift_se", "its standard error", "", "1", "over all chains, which are independent given the path of the weights", ""},
}

// Quantities returns the meaning of the pinned columns, in their order.
func Quantities() []Quantity { return slices.Clone(quantities) }

// PinnedColumns returns the names of the columns that other programs may rely on, in their order: those of
// [Quantities], then NAME_se, the standard error of column NAME, for every measured NAME that has one.
func PinnedColumns() []string {
	names := make([]string, 0, 2*len(quantities))
	for _, q := range quantities {
		names = append(names, q.Column)
	}
	for _, q := range quantities {
		switch q.Column {
		case "step", "m_info_lo", "m_info_hi", "ift", "ift_se":
		default:
			names = append(names, q.Column+"_se")
		}
	}
	return names
}
