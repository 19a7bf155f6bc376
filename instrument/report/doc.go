// Package report owns the run folder: the files in which a run of calorimeter is recorded, and everything that is
// drawn from them. It reads files and computes no estimate, so a report can be made again, years later, on a machine
// that never trained anything.
//
// # The run folder
//
//	run.json      what was run: configuration, seed, versions, machine, times, status, books   ([Run])
//	curves.csv    what was measured: one row an observation, one column a quantity             ([Curves])
//	layers.csv    entropy of the weights of each parameter of the network                      ([LoadLayers])
//	crooks.json   densities of forward and reverse work, of models that record them            ([LoadWorkDensities])
//	report.html   the page for people, in one self-contained file                              ([WriteHTML])
//	*.svg *.png   the figures: losses, information, thermodynamics, entropy, overview          ([Figures])
//	samples.png   some samples of the trained model, where there are any                       ([SampleGrid])
//	samples-over-training.png   samples of one replica at a few observations
//
// Runs of self-supervised learning record training steps as thermodynamic cycles instead: cycles.csv in the place of
// curves.csv, one row a window of steps ([CycleQuantities], [LoadCycles]), with its own figures ([CycleFigures]) and page
// ([WriteCycleHTML]).
//
// Every file is written beside its final name and renamed over it ([WriteAtomic]): a run that is killed leaves the
// last complete file, never half of one. The same record gives the same bytes.
//
// # Reading and writing
//
//	run, curves, err := report.Load("runs/made")
//	nll := curves.Column("train_nll") // one value an observation; NaN where it is not known
//
// A number that could not be estimated is an empty field of curves.csv and NaN in memory, never 0, and Run.Reasons
// says why a column is empty. A bound that is infinite (the noise bound on M-info, where training adds no noise) is
// written inf. [Quantities] lists the columns with their symbols, units and sources.
//
// # Signs and units
//
// Everything is in nats, with k_B T = 1. With phi_theta(x) the energy of a sample x under the weights theta, an
// observation n does the work w_n = phi_n(x_{n-1}) - phi_{n-1}(x_{n-1}) on the samples (the weights move, the samples
// are held) and the samples absorb the heat q_n = phi_n(x_n) - phi_n(x_{n-1}) (the samples move, the weights are held).
// Columns work, heat, entropy_production and delta_f are sums over all observations so far. The heat that learning
// dissipates into the weights is minus the column heat, and that is what tables and figures show.
//
// # Errors
//
// A column NAME_se holds the standard error of column NAME over independent training sets. Figures shade the 95%
// interval NAME +- t NAME_se, with Student's t for one degree of freedom less than there are training sets; the table
// prints +- one standard error. One training set alone has no error that could be stated, and none is drawn.
//
// # Chance
//
// An information is read against its null, what it comes out as with labels dealt at random ([Null], Run.Nulls, of the
// last observation). Page and [Conclusions] say that a model memorizes, or expresses what it learned, only where the
// value exceeds it.
package report
