// Package testsystems holds the exactly solvable systems against which calorimeter is checked. Each is a type that
// simulates, from a random stream that the caller seeds, and that states its own truth as methods whose comments
// derive it. They are public so that an estimator written elsewhere can be checked against the same numbers.
//
// Entropies, energies and informations are in nats and k_B T = 1, unless a system has temperatures of its own.
//
//	system             truth                                                        what it tests
//	GaussianPPM        I(Theta;B), I(X;B), I(X;Theta), S(Theta), work, losses       M-info, L-info, the books of training
//	HarmonicQuench     dF and mean of the work                                      Jarzynski, BAR, Crooks; weak overlap
//	DraggedTrap        dF = 0, <W>, Var W = 2 <W>                                   fluctuation theorems at finite speed
//	GaussianWork       dF = mu - sigma^2/2                                          fluctuation theorems at any overlap
//	RBM                ln Z, p(v), S(V), free-energy differences                    free energies, observer chains
//	QuadraticSGD       stationary variance, entropy, autocorrelation                S(Theta) from one trajectory
//	MITask             I(X;Y) of normal, Student-t and uniform pairs, transformed   estimators of mutual information
//	BeadChain          entropy production rate between two heat baths               estimators of dissipation
//
// A system is a plain struct. Validate says what is wrong with a set of parameters and what to try; truths and
// simulations panic on parameters that Validate refuses, because the truth of no system is no number.
//
//	g := testsystems.GaussianPPM{
//		Dim: 1, Sigma: 1, DataSigma: 1, InitVar: 0.01, Subset: 4, Rate: 0.1, Temperature: 0.02, Steps: 40,
//	}
//	if err := g.Validate(); err != nil { ... }
//	e := g.Simulate(8, 3, 100, rand.New(rand.NewPCG(1, 0))) // data sets, replicas, samples
//	bound := myLowerBound(e.CrossLogLikelihood())
//	fmt.Println(bound, "must not exceed", g.LInfo(g.Steps))
//
// # How to use a truth
//
// An estimate agrees with a truth when z = (estimate - truth)/se is of order one, for many seeds: the z-scores of 100
// seeds should have a mean near 0 and a standard deviation near 1. A fixed tolerance proves less, because one wide
// enough for the noise is often wide enough for a wrong factor. [MITasks] is a list to run an estimator over.
//
// The same stream gives the same numbers on every machine of one architecture, whatever GOMAXPROCS is: nothing here
// runs concurrently.
//
// # Sources
//
// The Gaussian model follows the picture of S. S. Parsi, "Stochastic Thermodynamics of Learning (Generative)
// Parametric Probabilistic Models", Entropy 26(2) 112 (2024); what M-info and L-info mean for it is defined here. The
// free-energy systems are of the kind that pymbar ships (M. R. Shirts, J. D. Chodera, J. Chem. Phys. 129, 124105
// (2008)). The information tasks are a selection from P. Czyz, F. Grabowski, J. E. Vogt, N. Beerenwinkel, A. Marx,
// "Beyond Normal: On the Evaluation of Mutual Information Estimators", NeurIPS 2023 (arXiv:2306.11078). The chain of
// beads is that of J. Li, J. M. Horowitz, T. R. Gingrich, N. Fakhri, "Quantifying dissipation using fluctuating
// currents", Nature Communications 10, 1666 (2019).
package testsystems
