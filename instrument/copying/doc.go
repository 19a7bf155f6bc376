// Package copying tests whether a generative model copies its training set, by the distances from samples to their
// nearest training examples.
//
//	training := copying.NewExamples(x, dim)
//	samples, heldOut := training.Nearest(generated), training.Nearest(fresh)
//	test := copying.Compare(copying.Distances(samples), copying.Distances(heldOut))
//	test.Nearer // chance that a sample lies nearer to the training set than a new example does: 1/2 without copying
//	test.Z      // normal-standardised: far below 0 copies, far above 0 underfits
//
// This is the data-copying test of Meehan, Chaudhuri & Dasgupta 2020 (A Non-Parametric Test to Detect Data-Copying in
// Generative Models, AISTATS, arXiv:2004.05675). With d(x) the distance from x to its nearest example in the training
// set, samples of a model that has learned the population are as far as held-out examples are. Samples of a model that
// copies are nearer, and of one that has not learned the population they are farther. The two can hide each other: a
// model that copies in one region and underfits in another may pass, and so may one that copies with much noise.
// [InCells] compares within cells of similar examples ([NewCells]) instead, where the scales of distance do not mix.
//
// Samples that are nearer need not be copies: pictures smoother than real ones are near to all examples, the held-out
// ones among them. Where there is another training set of the same size, drawn alike, [Own] asks the question that
// tells: are samples nearer to the set that their model was trained on than to the other? Without an influence of the
// former they are as often as not, however well or badly the model fits.
//
// Distances are Euclidean. In hundreds of dimensions they see copies of single pixels, not of what a picture shows; the
// tests know any other distance as well: embed samples and examples first.
package copying
