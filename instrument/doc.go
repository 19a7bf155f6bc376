// Package instrument reads physical and statistical quantities off a Gorgonia program while it trains. The
// training loop stays the user's; one line changes, the one that makes the solver:
//
//	meter := instrument.New(cost, instrument.NewTable(os.Stdout))
//	defer meter.Close()
//	meter.Track(instrument.Loss(), instrument.Every(10))
//	meter.Track(instrument.GradientNorm(), instrument.Every(10))
//	solver := meter.Wrap(gorgonia.NewVanillaSolver(gorgonia.WithLearnRate(0.1))) // the changed line
//	for range steps {
//		vm.RunAll()
//		solver.Step(gorgonia.NodesToValueGrads(params))
//		vm.Reset()
//	}
//
// # What happens in a step
//
// A [Meter] decorates any gorgonia.Solver. The solver clears the gradients inside its Step, so the meter measures
// before it, where it sees the weights theta_n, the loss and the gradient at theta_n; and, for quantities that ask
// for it ([TwoSided]), again after it, where it sees theta_{n+1}. Steps are counted from 0: step 0 sees the initial
// weights. A measured run is the same to the bit as a bare one, and a step on which nothing is scheduled copies
// nothing and allocates nothing.
//
// The loss is looked at in every step, weights and gradients where a scheduled quantity reads them. A number that is
// NaN or infinite ends the training: the update is not made, and Step returns a [*NonFiniteError] that names the
// step, the first parameter it was found in, and the last good step. Loops that drop the error of Step find it in
// [Meter.Err], and [Meter.Resume] goes on from a restored state.
//
// # Quantities, schedules, recorders
//
// A [Quantity] is one thing to measure, one file each in this package: [Loss], [GradientNorm], [GradientNoise],
// [UpdateNorm], [WeightDisplacement], [RelativeDisplacement], [WindowEntropy]. Each has its own [Schedule]: [Every],
// [LogSpaced], [At], [Bursts], or any function of the step. A [record.Recorder] receives what was read: [NewTable] for
// people, [NewCSV] and [NewJSONLines] for programs, [NewMemory] for plots and tests, [Multi] for several at once. One
// of package report is a run folder with figures and a page of whatever is tracked, which package report/live shows in
// a browser meanwhile:
//
//	folder, err := report.NewFolder("", record.Run{Model: "perceptron", Data: "digits"})
//	meter := instrument.New(cost, instrument.Multi(instrument.NewTable(os.Stdout), folder))
//
// CSV and JSON lines are for pandas and the like; event files of TensorBoard are not written, since there is no Go
// library for them that is kept up.
//
// Of a softmax, a classifier's or that of self-supervised learning, [Cycle] reads each step as a thermodynamic cycle:
// heat, work, what the labels bought and how much of it was turned into learning.
//
// Of a network that can be sampled, [Samples] follows observer chains, and reads the work that the moving weights do on
// them, the heat that they dissipate, entropy production and the fluctuation theorem. What can only be known from many
// trainings, L-info, M-info and S(Theta) among it, is for [calorimeter/instrument/ensemble.Lab]. A model with latent
// variables has the energies and samples that both ask for from [Latent].
//
// A reading is a value with an interval and warnings (package estimate). Quantities that are exact have an interval of
// no width. What could not be estimated is "~" in the table, an empty field in CSV and null in JSON, with the reason
// beside it, and never 0. A plain number of your own is a [Scalar]; a quantity of your own is two methods, Info and
// Measure: [Step] shows it the network's live memory as plain slices. Statistical trouble goes into the warnings of the
// reading; an error is for what must be mended, and comes back from Step with the step and the name of the quantity.
// Such errors, and those of a full disk, never keep the update from being made.
//
// # What the meter needs of the program
//
//   - Gradients bound to the parameters: gorgonia.BindDualValues(params...) on the machine. Without it two
//     parameters may share one gradient.
//   - The cost node among the listed outputs, if the program is compiled with gorgonia.CompileFunction; other nodes
//     of such a program hold no value, and the loss is then unknown. Step may come before or after the machine's
//     Reset: values outlive it.
//   - A TapeMachine and its Reset after every RunAll. Without it RunAll does nothing, and that of a LispMachine never
//     does more than once; [GradientNorm] warns of the zero gradient.
//   - float32 or float64, dense tensors or scalars.
//
// Parameters are recognised by their index and node; where the graph is rebuilt, by name and memory, or by name, shape
// and the weights that the last step left, and the cost by its name. The same parameters in another order are an error,
// for solvers keep what they remember by index: do not collect nodes by ranging over a map. What a wrapped solver is
// given at once is a part of the model; two solvers that have some of the nodes each, or one solver that serves two
// graphs, make several parts, each with its own count of steps and its own windows. Events say which ([Event].Part).
// The cost of one graph is not read for the parts of another: to have the losses of both, use a meter for each.
//
// # A solver of its own
//
// [SGD] is stochastic gradient descent in one pass over the weights, the same to the bit as Gorgonia's
// VanillaSolver and several times faster, with an optional temperature (Langevin dynamics), which is what gives the
// entropy and the information of the weights a finite value.
//
// # Cost
//
// What a quantity adds to a training loop, measured by BenchmarkOverhead: a bare and a wrapped loop of one network,
// 784-300-10 with 235,000 float32 weights and a batch of 100, step by step in turns in one process; medians of 200
// steps each, with Go 1.26 and the products and the executor of calorimeter/model/blas and exec on an idle machine: the
// shortest loop that there is, 0.8 ms a step.
//
//	                                 a scheduled step   Every(1)   Every(10)   LogSpaced(10), 1000 steps
//	loss                                      1 us         0.1 %      0.04 %      0.04 %
//	grad_norm                                20 us         2.6 %      0.3 %       0.1 %
//	update_norm                              79 us          10 %      1.1 %       0.3 %
//	weight_displacement                      51 us         6.7 %      0.7 %       0.2 %
//	weight_displacement_rel                  73 us         9.5 %      1.0 %       0.3 %
//	grad_noise_scale, window 16             0.6 ms          72 %      7.0 %       1.8 %
//	s_theta_window, 16 points                47 ms       4,700 %      470 %       130 %
//
// A step on which nothing is scheduled takes as long as a bare one, to less than 1 us, and allocates nothing. Loss and
// gradient norm every ten steps, as above, cost 0.3 %. In a loop with Gorgonia's own machine and BLAS, of 20 ms and
// more a step, the microseconds stay and the shares fall. A scheduled norm costs a few passes over the weights, with
// the check that all are finite; a window of n points n passes ([GradientNoise]) or n^2 ([WindowEntropy]): schedule
// those sparsely. Each quantity states its cost in d, the number of weights, in its [Info].
package instrument
