// Command generate makes the MNIST sample that package datasets embeds: a random part of the full set with, as far
// as whole images allow, the same share of every class. The training part is drawn from the training images alone,
// the test part from the test images.
//
//	go run ./generate -from FOLDER -out mnist-sample
//
// FOLDER holds the four IDX files of the full set; without -from they are fetched and checked. The same files and
// numbers give the same sample, byte for byte with the same version of Go (whose gzip it is).
package main

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"flag"
	"fmt"
	"log"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"

	"calorimeter/datasets"
)

// The committed sample is made with these.
const (
	defaultTrain = 5000
	defaultTest  = 1000
	defaultSeed  = 1998
)

func main() {
	log.SetFlags(0)
	from := flag.String("from", "mnist",
		"folder with the four IDX files of the full set, or a name known to datasets.Open")
	out := flag.String("out", "mnist-sample", "folder to write to")
	train := flag.Int("train", defaultTrain, "number of training images")
	test := flag.Int("test", defaultTest, "number of test images")
	seed := flag.Uint64("seed", defaultSeed, "seed of the choice")
	flag.Parse()
	if err := generate(*from, *out, *train, *test, *seed); err != nil {
		log.Fatal(err)
	}
}

// generate writes the sample of a set and its SHA256SUMS into the folder out.
func generate(from, out string, train, test int, seed uint64) error {
	full, err := datasets.Open(context.Background(), from, nil)
	if err != nil {
		return err
	}
	var part datasets.Split
	part.Train, err = stratified(full.Train, train, rand.New(rand.NewPCG(seed, 1)))
	if err != nil {
		return err
	}
	part.Test, err = stratified(full.Test, test, rand.New(rand.NewPCG(seed, 2)))
	if err != nil {
		return err
	}
	if err := datasets.WriteFolder(out, &part); err != nil {
		return err
	}
	return writeSums(out)
}

// stratified returns n examples of d in random order, of each class its proportional share.
func stratified(d *datasets.Dataset, n int, rng *rand.Rand) (*datasets.Dataset, error) {
	if n < 1 || n > d.Len() {
		return nil, fmt.Errorf("generate: %d examples asked for; there are %d", n, d.Len())
	}
	var members [256][]int
	for i, label := range d.Labels {
		members[label] = append(members[label], i)
	}
	counts := make([]int, len(members))
	for c := range members {
		counts[c] = len(members[c])
	}
	var chosen []int
	for c, share := range shares(counts, n) {
		for _, k := range rng.Perm(counts[c])[:share] {
			chosen = append(chosen, members[c][k])
		}
	}
	rng.Shuffle(len(chosen), func(i, j int) { chosen[i], chosen[j] = chosen[j], chosen[i] })
	return d.Subset(chosen), nil
}

// shares divides n among classes in proportion to counts by the method of the largest remainder: each class gets
// the whole part of n*count/total, and the classes with the largest fractions one more, the lower class first
// where they are equal.
func shares(counts []int, n int) []int {
	total := 0
	for _, c := range counts {
		total += c
	}
	out := make([]int, len(counts))
	classes := make([]int, len(counts))
	left := n
	for c, count := range counts {
		classes[c] = c
		out[c] = n * count / total
		left -= out[c]
	}
	slices.SortStableFunc(classes, func(a, b int) int {
		return cmp.Compare(n*counts[b]%total, n*counts[a]%total)
	})
	for _, c := range classes[:left] {
		out[c]++
	}
	return out
}

// writeSums writes SHA256SUMS, in the format of sha256sum, for the gzip files of a folder.
func writeSums(dir string) error {
	paths, err := filepath.Glob(filepath.Join(dir, "*.gz"))
	if err != nil {
		return err
	}
	var sums bytes.Buffer
	for _, path := range paths {
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		fmt.Fprintf(&sums, "%x  %s\n", sha256.Sum256(data), filepath.Base(path))
	}
	return os.WriteFile(filepath.Join(dir, "SHA256SUMS"), sums.Bytes(), 0o644)
}
