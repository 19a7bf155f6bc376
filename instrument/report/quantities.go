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
	neal       = "Neal 2001, Statistics and Computing 11, 125; for RBMs Salakhutdinov & Murray 2008"
	bennett    = "Bennett 1976, J. Comput. Phys. 22, 245"
	pensia     = "Pensia, Jog & Loh 2018, arXiv:1801.04295; centred as Negrea et al. 2019, arXiv:1911.02151"
)

var quantities = []Quantity{
	{"step", "training step", "t", "steps", "steps of the solver taken before the observation; 0 is before the first", ""},
	{"train_nll", "training loss", "L_train", "nats per sample", "mean of the model's loss (negative log-likelihood where it is normalised) over a replica's own training set", ""},
	{"test_nll", "test loss", "L_test", "nats per sample", "the same over examples that no replica was trained on; its error holds that of training sets and that of these examples", ""},
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
	{"ift", "fluctuation average", "<exp(-(w - ΔF))>", "1", "over the last interval between observations for exact sampling, else over the whole run (weighted chains); 1 if the books are right and the chains well sampled", jarzynski},
	{"ift_se", "its standard error", "", "1", "over all chains, which are independent given the path of the weights", ""},
}

// special are the columns of some models only; they stand between the pinned columns and their standard errors.
var special = []Quantity{
	{"delta_f_exact", "free energy difference, exact", "ΔF", "nats", "F(theta_n) - F(theta_0), ln Z summed over all states of the smaller layer", ""},
	{"delta_f_ais", "free energy difference, annealed", "ΔF", "nats", "the same by annealed importance sampling from a distribution with known ln Z, with chains of its own", neal},
	{"delta_f_work", "free energy difference, from work", "ΔF", "nats", "-ln <exp(-W)> of the observer chains along training, resampled when few of them carry the weight", jarzynski},
	{"delta_f_bar", "free energy difference, two-sided", "ΔF", "nats", "sum over intervals of Bennett's acceptance ratio of forward and reverse work from observation to observation", bennett},
	{"test_nll_exact", "test loss, exact ln Z", "L_test", "nats per sample", "negative log-likelihood of held-out examples with the exact free energy", ""},
	{"test_nll_ais", "test loss, annealed ln Z", "L_test", "nats per sample", "the same with the free energy from annealing", neal},
	{"test_nll_work", "test loss, ln Z from work", "L_test", "nats per sample", "the same with the free energy from the work of the observer chains", jarzynski},
	{"autocorrelation", "autocorrelation time", "τ", "kernel moves", "integrated autocorrelation time of the observer chains' energy: so many moves make one independent sample", "Sokal 1996; Goodman & Weare 2010"},
	{"ess", "effective sample size", "", "1", "of the observer chains' weights since they were last resampled, as a share of the chains", ""},
	{"resampled", "resamplings", "", "1", "of the observer chains of a replica so far", "Del Moral, Doucet & Jasra 2006"},
	{"acceptance", "acceptance", "", "1", "share of the kernel's proposals that were accepted since the last observation", ""},
	{"test_nll_shared", "error of the test loss that its examples make", "", "nats per sample", "standard deviation over the held-out examples over the root of their number: a part of test_nll_se that all observations share, so that changes of the test loss are known better", ""},
	{"train_accuracy", "training accuracy", "", "1", "share of the training labels that are the most probable ones", ""},
	{"test_accuracy", "test accuracy", "", "1", "share of the held-out labels that are the most probable ones", ""},
}

// Quantities returns the meaning of the columns: the pinned ones in their order, then those of some models only.
func Quantities() []Quantity { return slices.Concat(quantities, special) }

// PinnedColumns returns the names of the columns that other programs may rely on, in their order: those that every model has,
// then NAME_se, the standard error of column NAME, for every measured NAME that has one.
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
