// Package information measures what a trained model's samples X and weights Theta tell of its training set B, and of
// one another, in nats. Data flow in one direction, B -> Theta -> X, so that
//
//	L-info  I(X;B)          learned: what a sample tells of the training data
//	M-info  I(Theta;B)      memorized: what the weights hold of it;  I(X;B) <= I(Theta;B)
//	        I(X;Theta)      what a sample tells of the weights, = I(X;B) + I(X;Theta|B)
//	        I(X;Theta|B)    what a sample tells of training noise alone
//
// The names are those of Parsi 2024 (Entropy 26, 112); the operational definitions are this package's own. They need an
// ensemble: D independent training sets, with R replicas trained on each.
//
//   - [CrossLogLikelihood] holds ln p of each replica's samples under all replicas; its Bounds method
//     brackets the three informations of the samples.
//   - [MemorizedExamples] bounds M-info from below, example by example, from losses alone: for networks of any size.
//     [Memories] and [MeanMemory] say what training on an example did to its loss.
//   - [Memorized] estimates M-info from the weights of the ensemble, seen in a few coordinates: a lower bound.
//   - [NoiseBound] is an upper bound on M-info from the noise of training; [GeneralizationBound] turns M-info
//     into a bound on the generalization gap.
//   - [KSG] estimates the mutual information of paired points in low dimension, without a Gaussian assumption.
//   - [Counts] estimates it for two discrete variables from a table of counts, such as self-labels and classes.
//
// # Reading the numbers
//
// Every lower bound has a ceiling. The samples' lower bounds cannot pass ln D (or ln R); near it they say only that the
// truth is larger, and are marked as saturated. Bounds hold in expectation: by chance a lower one may be a little below
// 0, or above the upper one; with two replicas a set L-info's may be far below 0, and tells nothing there. Intervals
// are those of the bound's expectation; add the gap between the bounds to judge the information itself. The independent
// unit is the data set throughout: samples of one replica, and replicas of one set, never count as further units, and 8
// sets make wide intervals.
//
// Values that cannot be estimated are NaN with the reason as a warning (package estimate).
package information
