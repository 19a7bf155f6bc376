// Package ensemble trains D x R replicas of one network and measures what can only be known from many runs: how much
// of the training data the weights hold and a sample expresses, the entropy of the weights, and, with error bars over
// independent training sets, work, heat and entropy production.
//
// A training set d is one independent draw B_d of the training data; a replica (d, r) is one network trained on B_d
// with its own order of mini-batches and its own noise. All replicas start from the same weights, or each from its own.
//
//	e, err := ensemble.New(ensemble.Config{
//		Seed: 1, Replicas: 3, Chains: 32, Batch: 50, Rate: 0.04,
//		Observe: instrument.LogSteps(1, 1200, 25),
//	}, factory, sets, test)
//	journal := ensemble.NewJournal(e, &record.Run{Program: "mine", Model: "net"})
//	err = e.Engine.Run(ctx, func(o ensemble.Observed) error {
//		journal.Enter(o)
//		return journal.Save(dir) // run.json, readings.jsonl, curves.csv, diagrams.json
//	})
//	step, lower := journal.History.Last("l_info_lo") // an estimate with its interval and its warnings
//
// The caller gives a [Factory] for the model (any [calorimeter/model.PPM]) and the examples; nothing here knows which
// network it is.
//
// # A program of one's own
//
// A [Lab] makes the trainings one after the other with a loop and a solver of one's own, in which one line changes, and
// compares them as an ensemble's: the network needs no interface, but a few functions in a [Network]. What it cannot do
// leaves out what needs it. Snapshots are kept in a folder, so that a program that was killed goes on.
//
// # What happens at an observation
//
// Training stops at the same step for all replicas. Each replica's K observer chains, which take no part in training,
// are first evaluated at the new weights (work), then moved by a kernel that leaves the model's distribution invariant
// (heat); see [calorimeter/instrument/thermo.Ledger]. Then every replica judges the samples of all replicas,
//
//	l[r][s][k] = ln p(x_{s,k} | theta_r),
//
// from which [calorimeter/instrument/information] brackets L-info I(X;B), I(X;Theta) and I(X;Theta|B). The cloud of
// weights gives S(Theta) and M-info. [Observation] holds the raw numbers, [Row] what several quantities share, and
// [Books] the checks that physics demands of the rows.
//
// # One quantity, one place
//
// A quantity is declared where it is computed: name, symbol, unit, formula, assumption, source, and where it is drawn
// ([calorimeter/instrument/record.Info]), beside the function that makes an estimate of an observation. Table, record,
// figures and page ask the declaration, and know no quantity themselves. response.go is the shortest example: one file
// and its test.
//
// # Many machines
//
// The replicas of an ensemble can be trained by many programs: each by an engine that has a part of them
// ([Config].Train) and hands its snapshots on ([Engine.Shard]). An engine that trains nothing makes the observations of
// what they left ([Engine.Gather]), to the same bits as one that has trained them all:
//
//	err := e.Engine.Shard(ctx, func(n int, snapshots []any) error { ... }) // write them down with gob, and e.States() at
//	                                                                       // the end
//	e.Engine.Gather(source)                                                // elsewhere: source reads all of them
//	err = e.Engine.Run(ctx, func(o ensemble.Observed) error { ... })       // as ever
//
// The trainings of a [Lab] are shared among programs by [LabSettings].Shards.
//
// # One engine
//
// An [Engine] trains the replicas of a [Trainee] in lockstep from observation to observation: an [Ensemble] of
// probabilistic models, the encoders of package selfsupervised, or what else implements it. A [Worker] advances a
// replica and returns its snapshot, a value that holds all that an observation needs of it; [Trainee].Observe makes the
// observation of the snapshots alone, so that it could be made later and by another process. A [Journal] keeps the
// record.
//
// # Unnormalised models, and chains that lag
//
// A model with chains that train (a [calorimeter/model.ChainTrained]) keeps them apart from the observers: a chain that
// feeds the gradient makes theta depend on it, and the fluctuation theorems then fail. Where ln Z is not known,
// F(theta_n) comes from annealed importance sampling at every observation ([Config].Annealing), from the work of the
// observer chains since the start, and from forward and reverse work between observations; [FreeEnergy] holds all of
// them, the books compare them, and the first known of exact, annealed and work is what log-likelihoods, entropies and
// informations use.
//
// Observer chains of a kernel that is not exact are carried along in shorter steps than they are observed in
// ([Config].Follow), and resampled when few of them carry the weight exp(-W)
// ([calorimeter/instrument/thermo.Switching]): the fluctuation average is then over the whole run. Their
// autocorrelation time is measured at every observation. Where they were given fewer kernel moves than three of it
// between two updates, they lag behind the weights, part of the work is not yet dissipated, and the entropy production
// is an upper bound on what was produced so far; the row says so.
//
// A conditional model p(y|u, theta) (a [calorimeter/model.Classifier]) has held-out inputs u with a drawn label y as
// observers: L-info is then what one label tells of the training set, at most the logarithm of the number of labels.
//
// # Reproducibility
//
// A worker owns one graph and its machines; a [Replica] is a value (weights, random streams, chains, books, step) that
// a worker loads, advances and gives back. Every random stream is seeded from (seed, training set, replica, purpose),
// see [calorimeter/instrument.Stream], so a replica depends on nothing else: not on the number of workers, of replicas
// or of processors. Values are replaced only when an observation is complete; an interrupted ensemble stands at its
// last observation, and [Engine.Restore] goes on from there bit for bit. Numbers are compared within one BLAS.
//
// # Independence
//
// The independent unit of every error bar is the training set: replicas of one set share it, samples of one replica
// share its weights. With D = 1 there is no such unit, with R = 1 no way to tell data from training noise; what cannot
// be estimated is then NaN with the reason. Held-out examples are shared by all replicas, and their own error is added
// to that over training sets ([Row].TestShared). Fewer than six training sets are few: intervals of skewed quantities
// then cover 91 %, and a warning says so.
package ensemble
