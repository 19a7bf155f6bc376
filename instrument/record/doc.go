// Package record is what a measurement is between being computed and being read: declarations, readings, the books, and
// the folder that keeps them. Whoever measures (a loop under a Meter, an ensemble, self-supervised learning) declares
// each quantity once ([Info]) and hands over events ([Event]); whoever shows them (tables, figures, pages) asks the
// record and computes no interval of its own. The package knows neither Gorgonia nor any network.
//
// # Words
//
// One word for one thing, all over the project:
//
//	quantity      something that can be measured, with the name that it has in every record        [Info]
//	reading       what was measured of a quantity at one step: an estimate.Estimate, whole         [Named]
//	observation   all that is measured at one step of a run
//	event         the readings of one observation, as they are recorded                            [Event]
//	recorder      what takes events: table, CSV, JSON lines, memory, a folder                      [Recorder]
//	history       all events of a run, in memory                                                   [History]
//	run           what was run, and what is said of it as a whole: the content of run.json         [Run]
//	check         an identity or inequality that a run must obey; the books are all checks         [Check]
//	verdict       pass, cannot tell, or fail                                                       [Verdict]
//	warning       why a number is not to be taken at face value                                    [Warning]
//	reason        why there is no number
//	null          what a quantity comes out as where there is nothing to find                      [Null]
//	finding       the answer to a reader's question                                                [Finding]
//	trust         whether the last reading of a quantity may be relied on                          [Trust]
//	panel         a set of axes that quantities share; a figure is one picture of panels           [Panel]
//	bound         a number that brackets another from below or above                               [Bound]
//	interval      where the truth lies with a stated confidence, 95 % unless said otherwise
//	training set  one independent draw of the training data
//	replica       one network, trained on one training set with its own order of mini-batches
//	part          of a model: weights that are stepped together, with a count of their own      [Event]
//	chain         a sample of a replica that is followed through training and takes no part in it
//
// # The run folder
//
//	run.json         configuration, seed, versions, machine, times, status, declarations, books     [Run]
//	readings.jsonl   every reading whole, one line an observation                                   [ReadJSONLines]
//	curves.csv       a view of the readings for other programs: values, errors, ends of intervals   [Columns]
//	diagrams.json    figures whose horizontal axis is not the training step                         [Diagram]
//
// and, from those who train and draw, chains.npz, memorization.csv, samples.csv, weights/, pictures, report.html and
// its figures.
//
//	run, history, err := record.Load("runs/made")
//	step, loss := history.Last("train_nll") // an estimate with its interval and its warnings
//
// Every file is written beside its final name and renamed over it ([WriteAtomic]): a run that is killed leaves the last
// complete file, never half of one. Only readings.jsonl may be appended to, line by line, and [Load] leaves out a line
// that was cut off. The same record gives the same bytes. A number that could not be estimated is null
// in readings.jsonl, an empty field of curves.csv and NaN in memory, never 0, and its reading says why.
package record
