// Package validate holds calorimeter's estimators against systems that can be solved exactly: is each right, and do its
// error bars mean what they say?
//
// A [System] is an exact system with a simulation and a list of cases; a [Case] is one estimator with the truth that it
// should find. [System.Run] simulates once and scores each case:
//
//	s, err := validate.Oscillator{Stiffness: 1, Ratio: 2, Samples: 1000}.Pose()
//	rows, err := s.Run(ctx, 1, 2) // seed 1, two workers
//	for _, r := range rows {
//		fmt.Println(r.Quantity, r.Estimator, r.Truth, r.Estimate, r.Z)
//	}
//	verdict := validate.Judge(rows) // pass or fail, and why
//
// [System.Calibrate] repeats it some 200 times and counts how often the 95 % intervals cover. Anyone can pose a case
// that was never tuned for: the fields of a [Poser] are the parameters of its system, and the truth follows from them.
// Nothing here prints; the program does, as "train validate". Simulation and estimators draw from streams named by
// system, quantity and estimator, so that the numbers depend on the seed alone, at any GOMAXPROCS, and not on which
// other cases are run.
//
// # Reading a row
//
// Z is the distance from the truth in standard errors as the interval states them ([Score]): beyond 1.96 exactly
// where the interval misses, also where it is lopsided or rests on few units. For a bound it is the distance on the
// wrong side. An estimate that carries a warning is shown and not judged, for it says itself that it may miss; one
// that misses in silence fails ([Judge]).
//
// # Which estimator, and when not to trust it
//
// n is the number of independent units, d the dimension, k the neighbours; D training sets of R
// replicas each, E = D R of them in all, K chains.
//
//	estimator                 assumes                                 cost
//	PlugIn                    independent Gaussian points, d < n      n d^2
//	Shrinkage                 independent points, d >> n              n^2 d + n^4
//	Cloud.Entropy             independent groups, Gaussian points     D E^2 or D d^3
//	KozachenkoLeonenko        independent points, smooth density      n log n
//	WindowEntropy             stationary run, points far apart        n^2 d
//	Memorized                 Gaussian weights, common covariance     D d^3
//	Bounds                    the exact density of the model          R E^2 K
//	MemorizedExamples         independent examples, ghosts as they,   D R (n + ghosts)
//	                          or told which examples sets share
//	MeanMemory                told which examples sets share          D R (n + ghosts)
//	NoiseBound                Langevin noise in every step            1 a step
//	KSG                       independent pairs, smooth density       n log n
//	Ledger (work, heat ...)   invariant kernel, independent sets      1 an energy
//	FluctuationAverage        equilibrium before the interval         n
//	Jarzynski                 equilibrium at the start                n log n
//	GaussianWork              Gaussian work                           n
//	BAR, Crooks               equilibrium at both ends                n
//	WeightedLangevin, MALA    equilibrium at the start                2 gradients
//	PathEntropyProduction     known transition densities              n d
//	AutocorrelationTime       stationary chains                       n log n
//
//	estimator                 bias                                    do not trust it when
//	PlugIn                    none (removed)                          it warns of skewness or kurtosis
//	Shrinkage                 up, by correlations not seen            d < n/2; columns that depend on each other
//	Cloud.Entropy             O(1/D^2); d > (D-1)/2: Shrinkage's      D < 8; d > (D-1)/2
//	KozachenkoLeonenko        n^-1/d at edges, more in high d         d > 10, unequal scales, duplicates; d > 1: widened
//	WindowEntropy             low if correlated                       it warns of correlation; slow directions
//	Memorized                 none for identity; low if projected     R = 2 with wide d; projected: a lower bound
//	Bounds                    lower below, upper above; ceiling ln D  D < 4 (covers 93 % at 4); near ln D: saturated;
//	                                                                  R = 2: L-info's lower bound may be far below 0
//	MemorizedExamples         below; ceiling N ln(ghosts + 1)         ghosts of another population; near its ceiling;
//	                                                                  D N few and rarely told: 8 bits, 1 in 10 wrong
//	MeanMemory                none                                    sets share examples that it was not told of
//	NoiseBound                an upper bound, loose                   T = 0 (infinite); short runs of few D
//	KSG                       towards 0 in high d, where the          25+25 dimensions, I near ln n; long tails (rank
//	                          dependence is fine or in tails          them) and folded dependence widen it and warn
//	Ledger (work, heat ...)   none                                    chains off equilibrium; D = 4: covers 90-92 %
//	FluctuationAverage        none                                    effective sample size under 30 or n/5, heavy tail
//	Jarzynski                 up, SE^2/2 or nats                      it warns; one direction alone may not know
//	GaussianWork              higher cumulants                        it warns (Jarque-Bera)
//	BAR, Crooks               O(1/n)                                  overlap under 0.03
//	WeightedLangevin, MALA    none at any step size                   never use the naive work of unadjusted steps
//	PathEntropyProduction     none for the discrete scheme            the truth is of continuous time: O(dt) apart
//	AutocorrelationTime       down, about 10 tau/(all steps)          chains under 50 tau, or not in one equilibrium
//
// # What a wrong formula would do
//
// Each estimator's tests were run against deliberate errors, one at a time; a table at the head of each test file
// says which of its tests caught which error. Some of them:
//
//	deliberate error                                          caught by (package: test)
//	ln det bias added in place of subtracted                  entropy: TestPlugInIsCalibrated
//	degrees of freedom off by one in the bias                 entropy: TestLogDetBias, TestPlugInIsCalibrated
//	ln k for psi(k) in the nearest-neighbour entropy          entropy: TestKozachenkoLeonenkoIsExact
//	M-info without taking Sw/R off the means                  information: TestMemorizedIsCalibrated
//	M-info with D R degrees of freedom within                 information: TestMemorizedIsCalibrated
//	ex with the own replica, out with the own set             information: TestBoundsAgainstDefinition
//	sign of the skewness in the jackknife                     estimate: TestSkewedJackknifeOfAMean
//	exp(+W)                                                   thermo: TestJarzynskiSmallExactCase
//	mean - variance, without the half                         thermo: TestGaussianWorkSmallExactCase
//	reverse work with the wrong sign                          thermo: TestBARSmallExactCase
//	noise sqrt(h) for sqrt(2h)                                thermo: TestWorkOfLangevinDynamics
//	sums of BAR over intervals taken as independent           thermo: TestErrorOfSuccessiveIntervals
//	replicas as the unit instead of data sets                 thermo: TestOverSetsCoverage
//	tau = 1 + sum rho, without the 2                          thermo: TestAutocorrelationTimeOfAR1
//	n-1 for n-2 degrees of freedom after detrending           instrument: TestWindowEntropyInManyDimensions
//	interval not stretched by the drift with n                estimate: TestSubsamples
//	KSG not held against the distances from the medians       information: TestKSGWidensWhereItIsBiased
//	bias of nearest neighbours bounded by the least slope     entropy: TestBiasBound
//
// TestInjectedErrorsFail of this package injects such errors into the cases and sees the verdict fail.
package validate
