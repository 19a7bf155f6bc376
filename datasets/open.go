package datasets

import (
	"context"
	"embed"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
)

//go:generate go run ./generate -out mnist-sample

//go:embed mnist-sample
var sample embed.FS

// maxValues is the largest number of values of a synthetic training set: 1 GiB of float32.
const maxValues = 1 << 28

// Options are the settings of [Open]. A nil *Options and zero fields mean the defaults.
type Options struct {
	// CacheDir holds one folder per fetched set. Default: calorimeter in the user's cache folder
	// ([os.UserCacheDir]).
	CacheDir string
	// Mirrors are the base addresses tried, in this order, for the files of a fetched set. Default: those in
	// the environment variable CALORIMETER_MIRROR (separated by commas), or else the public mirrors of the
	// set. A mirror may keep the files in a folder of the set's name or at its root.
	Mirrors []string
	// Progress is told how many bytes of a file have been fetched, from the goroutine that called Open; total
	// is -1 where the mirror does not say. Default: nobody is told.
	Progress func(file string, done, total int64)

	// Seed of the synthetic sets: the same seed, the same data, bit for bit.
	Seed uint64
	// Size is the number of training examples of a synthetic set, default 5000; a fifth as many, rounded up,
	// are drawn for the test set.
	Size int
	// Side of the images of bars-and-stripes, 2 to 12, default 4.
	Side int
	// Components of the Gaussian mixture, 1 to 256, default 8.
	Components int
	// Dim is the dimension of the Gaussian mixture, default 2.
	Dim int
	// Spread is the standard deviation of each coordinate of the mixture's means, default 4.
	Spread float64
	// Sigma is the standard deviation of each coordinate about its mean, default 1.
	Sigma float64
}

// withDefaults returns a copy of o with its zero fields filled in, or an error that names a senseless field.
func (o *Options) withDefaults() (Options, error) {
	var out Options
	if o != nil {
		out = *o
	}
	for _, f := range []struct {
		name             string
		value            *int
		preset, min, max int
	}{
		{name: "Size", value: &out.Size, preset: 5000, min: 1, max: 1 << 30},
		{name: "Side", value: &out.Side, preset: 4, min: 2, max: maxSide},
		{name: "Components", value: &out.Components, preset: 8, min: 1, max: 256},
		{name: "Dim", value: &out.Dim, preset: 2, min: 1, max: 1 << 16},
	} {
		if *f.value == 0 {
			*f.value = f.preset
		}
		if *f.value < f.min || *f.value > f.max {
			return out, fmt.Errorf("datasets: option %s is %d; it must be %d to %d (0 means %d)",
				f.name, *f.value, f.min, f.max, f.preset)
		}
	}
	for _, f := range []struct {
		name   string
		value  *float64
		preset float64
	}{{name: "Spread", value: &out.Spread, preset: 4}, {name: "Sigma", value: &out.Sigma, preset: 1}} {
		if *f.value == 0 {
			*f.value = f.preset
		}
		if !(*f.value > 0 && *f.value < 1e18) {
			return out, fmt.Errorf("datasets: option %s is %v; it must be positive and finite (0 means %v)",
				f.name, *f.value, f.preset)
		}
	}
	if dim := max(out.Dim, out.Side*out.Side); out.Size > maxValues/dim {
		return out, fmt.Errorf("datasets: option Size is %d for examples of %d values; that is over 1 GiB, take at most %d",
			out.Size, dim, maxValues/dim)
	}
	return out, nil
}

// split draws a synthetic set, and a fifth as many examples, rounded up, to test on.
func (o *Options) split(draw func(n int, rng *rand.Rand) *Dataset) *Split {
	s := &Split{
		Train: draw(o.Size, stream(o.Seed, forTraining, 0)),
		Test:  draw((o.Size+4)/5, stream(o.Seed, forTesting, 0)),
	}
	s.classify() // which faults files alone
	return s
}

// source is one entry of the table of known sets.
type source struct {
	name string
	open func(context.Context, Options) (*Split, error)
}

func sources() []source {
	return []source{
		{"mnist-sample", openSample},
		{mnist.name, mnist.open},
		{fashion.name, fashion.open},
		{"bars-and-stripes", openBars},
		{"gaussian-mixture", openMixture},
	}
}

// Names returns the names that [Open] knows, the default first.
func Names() []string {
	var names []string
	for _, s := range sources() {
		names = append(names, s.name)
	}
	return names
}

// Open returns a data set by name:
//
//	mnist-sample      5000 + 1000 images of MNIST, embedded; the default for ""
//	mnist             60000 + 10000 images of 28 x 28, fetched once
//	fashion-mnist     60000 + 10000 images of 28 x 28, fetched once
//	bars-and-stripes  synthetic, see [BarsAndStripes]
//	gaussian-mixture  synthetic, see [Mixture]
//
// Any other name is the path of one of these (a folder that is called like a known set is reached as ./mnist):
//
//   - a folder with four IDX files of the usual names (train-images-idx3-ubyte, train-labels-idx1-ubyte,
//     t10k-images-idx3-ubyte, t10k-labels-idx1-ubyte; also train-images.idx3-ubyte and so on, and test for t10k; each
//     plain or with .gz), with the name of a set before them as EMNIST's and QMNIST's have it: where a folder holds
//     several sets, the path ends in that name (DIR/emnist-letters);
//   - an .npz file, or a folder of .npy files, with arrays x_train, y_train, x_test and y_test (or train_images,
//     train_labels, test_images and test_labels), or one .npy file: images n x rows x columns, of integers from 0 to
//     255 or of numbers from 0 to 1, and labels;
//   - a folder of PNG images: in folders train and test if there are both, each class in a folder of its own if there
//     are labels.
//
// Labels may be missing. Where there are no test images, a sixth of the images, drawn at random, is held out, the same
// whatever the seed.
//
// A fetched set is kept in [Options.CacheDir]. Every file is checked against its SHA-256 each time it is opened,
// fetched again if it is damaged, and put in place only when it is whole and right. Errors say what is wrong and
// what to try; they wrap a [*ChecksumError] for a wrong checksum, a [*FormatError] for a file that cannot be decoded,
// and ctx.Err() once ctx has ended. The caller owns the result.
func Open(ctx context.Context, name string, o *Options) (*Split, error) {
	opts, err := o.withDefaults()
	if err != nil {
		return nil, err
	}
	if name == "" {
		name = Names()[0]
	}
	for _, s := range sources() {
		if s.name == name {
			return s.open(ctx, opts)
		}
	}
	if _, err := os.Stat(name); err == nil || strings.ContainsAny(name, `/\`) {
		return openPath(ctx, name)
	}
	return nil, fmt.Errorf("datasets: unknown data set %q: there is no file or folder of that name%s (known: %s)", name,
		hint(name, Names()), strings.Join(Names(), ", "))
}

func openSample(ctx context.Context, _ Options) (*Split, error) {
	var paths [4]string
	for i, file := range files {
		paths[i] = "mnist-sample/" + file + ".gz"
	}
	open := func(path string) (io.ReadCloser, error) { return sample.Open(path) }
	return readSplit(ctx, open, paths, "mnist-sample", "stratified sample of "+mnist.origin)
}

// hint suggests a known name that a name is close to.
func hint(name string, known []string) string {
	closest := slices.MinFunc(known, func(a, b string) int { return distance(name, a) - distance(name, b) })
	if d := distance(name, closest); d <= max(2, len(name)/3) {
		return fmt.Sprintf("; did you mean %q?", closest)
	}
	return ""
}

// distance is the number of single-byte insertions, deletions and substitutions that turn a into b (Levenshtein).
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			substitute := diagonal
			if a[i] != b[j] {
				substitute++
			}
			diagonal = row[j+1]
			row[j+1] = min(substitute, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
