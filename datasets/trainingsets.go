package datasets

import (
	"fmt"
	"math/rand/v2"
)

// Draw is a collection of random training sets from one pool.
type Draw struct {
	// Indices holds one training set a row: indices into the pool, none twice within a set.
	Indices [][]int
	// Disjoint is true if no two sets share an example.
	Disjoint bool
	// Pool lists the examples of the pool that the sets were drawn from; nil where that is all of it.
	Pool []int
	// Overlap is the expected fraction of the examples of a set that a given other set holds as well: 0 if
	// Disjoint, size/pool otherwise.
	Overlap float64
}

// TrainingSets draws count random training sets B_1..B_D of size examples each from a pool of the given number of
// examples. The draw is in one of two modes:
//
//   - disjoint, where count*size <= pool: the sets are consecutive blocks of one random permutation of the pool.
//     They are then independent draws from the population that the pool itself is a sample of, as an estimate of
//     the information that weights hold about their training set (M-info) assumes.
//   - overlapping, where the pool is too small for that: each set is drawn from the pool without replacement, from
//     a random stream of its own. Given the pool the sets are independent, but they share examples: two of them
//     have size^2/pool in common on average (Draw.Overlap is that over size), and a fraction
//     1-(1-size/pool)^(count-1) of a set is found in at least one other. What is then estimated is information
//     about the choice within this pool: what all sets tell alike about the pool does not count.
//
// Set d depends on (seed, d, size, pool) and the mode alone: more sets of the same mode leave the first ones as
// they were. It fails if count or size is below 1 or size exceeds the pool.
func TrainingSets(pool, count, size int, seed uint64) (*Draw, error) {
	if err := drawable(pool, count, size); err != nil {
		return nil, err
	}
	sets := make([][]int, count)
	if count <= pool/size {
		permutation := choose(pool, count*size, stream(seed, forPermutation, 0))
		for d := range sets {
			sets[d] = permutation[d*size : (d+1)*size : (d+1)*size]
		}
		return &Draw{Indices: sets, Disjoint: true}, nil
	}
	for d := range sets {
		sets[d] = choose(pool, size, stream(seed, forOneSet, uint64(d)))
	}
	return &Draw{Indices: sets, Overlap: float64(size) / float64(pool)}, nil
}

// TrainingHalves draws count training sets of size examples each, every one an independent random half of the same
// 2*size examples, which are drawn at random from the pool. Each of these is then in about half of the sets and out of
// the others, so that what training on it does is seen many times. As for overlapping sets, what is estimated is
// information about the choice within these examples, and errors over the sets are those at given examples.
//
// Set d depends on (seed, d, size, pool) alone. It fails if count or size is below 1 or 2*size exceeds the pool.
func TrainingHalves(pool, count, size int, seed uint64) (*Draw, error) {
	if err := drawable(pool, count, size); err != nil {
		return nil, err
	}
	if size > pool/2 {
		return nil, fmt.Errorf("datasets: halves of %d examples asked for, but the pool has %d; take halves of %d or fewer "+
			"or a larger data set", size, pool, pool/2)
	}
	d := &Draw{Pool: choose(pool, 2*size, stream(seed, forHalves, 0)), Overlap: 0.5}
	for i := range count {
		half := choose(2*size, size, stream(seed, forOneHalf, uint64(i)))
		for k, j := range half {
			half[k] = d.Pool[j]
		}
		d.Indices = append(d.Indices, half)
	}
	return d, nil
}

// drawable rejects numbers that no draw can have.
func drawable(pool, count, size int) error {
	switch {
	case count < 1:
		return fmt.Errorf("datasets: %d training sets asked for; at least 1 is needed", count)
	case size < 1:
		return fmt.Errorf("datasets: training sets of %d examples asked for; at least 1 is needed", size)
	case size > pool:
		return fmt.Errorf("datasets: training sets of %d examples asked for, but the pool has %d; take smaller sets "+
			"or a larger data set", size, pool)
	}
	return nil
}

// choose returns the first k entries of a uniformly random permutation of 0..n-1 (Fisher and Yates, from the
// front, so that a larger k begins with the same entries).
func choose(n, k int, rng *rand.Rand) []int {
	p := sequence(n)
	for i := range k {
		j := i + rng.IntN(n-i)
		p[i], p[j] = p[j], p[i]
	}
	return p[:k:k]
}

// sequence returns 0..n-1.
func sequence(n int) []int {
	p := make([]int, n)
	for i := range p {
		p[i] = i
	}
	return p
}

// purpose sets the random streams of one seed apart. New purposes go to the end: the numbers decide the draws.
type purpose uint64

const (
	forPermutation purpose = iota + 1
	forOneSet
	forTraining
	forTesting
	forMeans
	forShuffled
	forNewLabels
	forNoise
	forHalves
	forOneHalf
	forHeldOut
)

// stream returns the random stream of one purpose and index under a seed.
func stream(seed uint64, p purpose, index uint64) *rand.Rand {
	state := scramble(scramble(scramble(seed)+uint64(p)) + index)
	return rand.New(rand.NewPCG(state, scramble(state)))
}

// scramble is the finaliser of SplitMix64 (Steele, Lea and Flood 2014), a bijection that sends neighbours far apart.
func scramble(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}
