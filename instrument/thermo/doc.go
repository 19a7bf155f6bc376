// Package thermo does the thermodynamics of learning: the books of work and heat of samples whose energy changes
// while a model trains, the fluctuation theorems that those books must obey, and the free energies that follow from
// them.
//
// # The picture
//
// A model with weights theta assigns to a sample x the energy phi_theta(x), and draws samples from p(x|theta) =
// exp(-phi_theta(x))/Z(theta) with free energy F(theta) = -ln Z(theta). All energies are in nats, k_B T = 1. Training
// moves theta: that does work on the samples. Sampling moves x: that exchanges heat with the weights, which act as
// the reservoir (Parsi, Entropy 26, 112 (2024)). Observer chains, which follow the model and never train it, make
// both measurable. For one chain and one interval between observations, defined here as
//
//	work   w = phi_new(x_old) - phi_old(x_old)
//	heat   q = phi_new(x_new) - phi_new(x_old)      absorbed by x; -q is dissipated into the weights
//	first law    w + q is the change of energy, exactly
//	second law   Sigma = <w> - dF >= 0, the entropy production
//	fluctuation theorem   <exp(-(w - dF))> = 1
//
// # Keeping the books
//
//	var books thermo.Ledger
//	err := books.Start(energies, 0)                        // at theta_0; F = 0 for a normalised model
//	for each observation {
//		err = books.Record(afterTraining, afterSampling, dF) // K energies each
//		fmt.Println(books.Interval().Work, books.Total().EntropyProduction)
//	}
//	absolute, relative := books.Residual(energiesNow)      // first law, from energies evaluated anew
//	check := thermo.FluctuationAverage([][]float64{books.Work}, []float64{books.DeltaF})
//	fmt.Println(check.Average, check.Verdict())            // pass, fail, or cannot tell
//
// Over an ensemble, [TotalOverSets] and [OverSets] average chains within replicas, replicas within data sets, and take
// intervals over data sets, which alone are independent. [ApparentEntropyProduction] and
// [EffectiveInverseTemperature] tie the books to the information and the entropy held by the weights.
//
// # A softmax as an engine
//
// A softmax over K labels is the Gibbs state p = exp(-E)/Z of its energies E = -logit/tau. A target q, the label of a
// classifier or a self-label, acts on it as the measurement of a demon, and a training step is a cycle of three
// strokes (Salazar, arXiv:2106.08981; the definitions are this package's own):
//
//	measure + heat   E fixed, p -> q     Q_in  = <E>_q - <E>_p       Sigma_1 = S(q) - S(p) - Q_in = -KL(q||p)
//	expand           q fixed, E -> E'    W     = <E'>_q - <E>_q      Sigma_2 = 0
//	thermalise       E' fixed, q -> p'   Q_out = <E'>_p' - <E'>_q    Sigma_3 = S(p') - S(q) - Q_out = KL(q||p')
//
// Sigma is the entropy production against a bath at unit temperature. That of the measurement follows from ln p = F -
// E, which makes <E>_q - F = S(q) + KL(q||p) for every q and <E>_p - F = S(p): it is negative, for a bath alone
// cannot take p to q. The demon pays KL(q||p) for it, the nonequilibrium free energy <E>_q - S(q) - F that it then
// owns. The step turns part of it into work beyond the change of free energy, -(W - dF) = KL(q||p) - KL(q||p'), which
// is the decrease of the loss on the batch, and thermalisation dissipates the rest. The efficiency is their ratio, at
// most 1 since KL(q||p') >= 0.
//
// [CycleLedger] keeps these books over a run. [Cycle].TauQ places q on a diagram of temperature and entropy. [CheckGGE]
// holds self-labels against a generalized Gibbs ensemble, with a field for the occupation of each label; [Occupy] says
// whether a representation has collapsed.
//
// # Signs of forward and reverse work
//
// forward[t] is the work done on realisation t along theta_0 -> theta_1, begun in equilibrium at theta_0. reverse[t]
// is the work done on realisation t along the same path run backwards, begun in equilibrium at theta_1. Every
// estimator returns dF = F(theta_1) - F(theta_0), so that -<reverse> <= dF <= <forward>.
//
// # Which estimator
//
// n is the number of realisations, ESS the effective sample size of the weights exp(-W). Cost is that of the
// estimate, for works already measured.
//
//	estimator             assumes                                                    cost
//	FluctuationAverage    equilibrium before the interval; dF from elsewhere         O(n)
//	Jarzynski             equilibrium at theta_0; work sampled to its rare low end   O(n log n)
//	GaussianWork          Gaussian work (slow switching)                             O(n)
//	BAR                   equilibrium at both ends                                   O(n)
//	Crooks                equilibrium at both ends                                   O(n)
//	WeightedLangevin      equilibrium at theta_0; unadjusted Langevin steps          2 gradients a step
//	AutocorrelationTime   stationary chains                                          O(n log n)
//
//	estimator             bias                     do not trust it when
//	FluctuationAverage    none                     ESS < 30 or < n/5, or above 1 by what n chains may have missed:
//	                                               "cannot tell"; dF came from the same work
//	Jarzynski             upwards: about SE^2/2,   it warns (ESS, tail shape); one direction cannot see a tail
//	                      nats at poor ESS         it never sampled
//	GaussianWork          the higher cumulants     it warns (Jarque-Bera), or n < 20
//	BAR                   O(1/n)                   overlap < 0.03
//	Crooks                O(1/n)                   overlap < 0.03, or no interval; |Slope.Z(1)| > 3 says that an
//	                                               assumption of BAR fails too
//	WeightedLangevin      none at any step size    as Jarzynski, to which its work is given; the naive work is
//	                                               biased by O(h)
//	AutocorrelationTime   downwards, O(tau/N)      chains shorter than 50 tau, or not stationary
//
// Realisations must be independent: thin a chain by its [AutocorrelationTime] before its values are taken for
// separate realisations. With rng the free-energy estimators add a bootstrap of 200 resamples; intervals are analytic
// at good overlap, where they cover in 92-98 % of repetitions, and widened to hold the bootstrap's where it is poor.
// An estimate that may miss carries a warning; one that could not be made is NaN with its reason
// ([calorimeter/instrument/estimate.Estimate]).
//
// # Kernels
//
// A chain that measures must be moved by a kernel that leaves p(.|theta) exactly invariant. [MALA] does, for any
// differentiable energy; its step without Metropolis does not, and the naive work misses dF = ln 2 of a trap stiffened
// from 1 to 4 in 50 steps by 0.03 (h = 0.05) to 0.18 (h = 0.2). [PathEntropyProduction] needs no equilibrium at all,
// only transition densities.
package thermo
