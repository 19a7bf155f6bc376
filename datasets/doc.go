// Package datasets holds the examples that networks are trained on: it reads them, fetches and checks them, scales
// and thresholds them, and draws from them the random training sets whose information a calorimeter measures.
//
// # Opening a set
//
//	split, err := datasets.Open(ctx, "mnist-sample", nil)
//
// A [Split] is a training [Dataset] and a held-out one. A Dataset is one slice X of float32, n x Dim and row-major,
// with one label a row where there are labels, and with a record of where it comes from (Origin) and what was done
// to it (Steps). The name is one of [Names] or the path of IDX files, of
// NumPy arrays or of PNG images (see [Open]):
//
//   - mnist-sample, the default, is embedded: 5000 + 1000 images of MNIST, 28 x 28, of each class its share;
//   - mnist and fashion-mnist are fetched from public mirrors when they are first asked for, checked against the
//     SHA-256 of their decompressed content, and kept in the user's cache folder;
//   - bars-and-stripes and gaussian-mixture are synthetic, and their distributions known exactly: the entropy of
//     [BarsAndStripes] is ln(2^(n+1) - 2) nats, and [Mixture] has its log density as a method.
//
// MNIST is the work of Yann LeCun, Corinna Cortes and Christopher J. C. Burges and is under the licence CC BY-SA 3.0,
// and so is the sample (see mnist-sample/README.md). Fashion-MNIST is by Han Xiao, Kashif Rasul and Roland Vollgraf
// (arXiv:1708.07747), under the MIT licence.
//
// Without a network, put the four files into a folder and give its path; or name a mirror that can be reached in
// [Options] or in the environment variable CALORIMETER_MIRROR, e.g. http://host/data for
// http://host/data/mnist/train-images-idx3-ubyte.gz.
//
// # Preprocessing
//
// Pixels are scaled to [0,1] on reading. [Preprocess] applies named steps, "pool14,binarise" say, which turn the
// images into 14 x 14 binary ones, for models of discrete pixels; "pool14,dequantise" leaves them grey and adds noise,
// for models of a density.
//
// # Labels
//
// Models of the pixels alone take the rows as they are; a classifier p(y|x) takes them with the label as last value,
// [Dataset.WithLabels]. [ShuffleLabels] permutes a part of the labels, for experiments on what is learned of the
// population and what is memorised: shuffle the whole pool first, then draw the training sets from it.
//
// # Random training sets
//
// How much the weights know of their training set, the mutual information between the two (M-info), is a property of
// an ensemble: the training set must itself be random. [TrainingSets] draws D sets of N examples from a pool of P.
// As long as D*N <= P the sets are disjoint blocks of one permutation and so independent draws from the population
// behind the pool. Beyond that they overlap, two of them in a fraction N/P of their examples on average; Draw.Disjoint
// and Draw.Overlap say so, and a report should. [TrainingHalves] draws sets that share examples on purpose. (The
// embedded sample holds of each class its exact share, and is in that a little more even than an independent sample of
// the population.)
//
// # IDX files
//
// [ReadImages], [ReadLabels], [WriteImages] and [WriteLabels] are the codec, for plain and for gzip files alike, and
// [WriteFolder] writes a whole split. A file that is cut short, too long, swapped with another or no IDX file at all
// gives a [FormatError]: one line with what was found, what was expected and what to try.
//
// Everything here is deterministic: one seed, one set of examples, bit for bit. Nothing is printed.
package datasets
