package copying

import (
	"fmt"
	"math"
	"slices"
	"sort"

	"gonum.org/v1/gonum/stat"
)

// Ranks compares the distances of samples and of held-out examples to a training set.
type Ranks struct {
	// Nearer is the chance that a sample lies nearer than a held-out example, ties counted half: 1/2 where they are as
	// far, 1 where every sample is nearer. It does not grow with the number of samples.
	Nearer float64
	// Z is the normal-standardised U of Mann & Whitney: far below 0 copies, far above 0 underfits. NaN where all
	// distances are equal.
	Z float64
}

// Compare ranks the distances of m samples and n held-out examples (Mann & Whitney 1947, Ann. Math. Statist. 18, 50),
//
//	U = #{sample farther} + 1/2 #{as far} over all pairs,   Nearer = 1 - U/(mn),
//	Z = (U - mn/2) / sd,   sd^2 = mn/12 [ (N+1) - sum_t (t^3 - t) / (N(N-1)) ],   N = m + n,
//
// t the sizes of groups of equal distances, which are common between bits: with the correction Z has unit variance
// (Lehmann 2006, Nonparametrics, appendix). Where samples and held-out examples are independent draws of one
// distribution, and the training set is independent of both, Z is close to standard normal from about 8 of each on.
// Without samples or without held-out examples both are NaN. It panics on NaN.
func Compare(samples, heldOut []float64) Ranks {
	m, n := float64(len(samples)), float64(len(heldOut))
	if m*n == 0 {
		return Ranks{Nearer: math.NaN(), Z: math.NaN()}
	}
	nearer := stat.Mean(Placements(samples, heldOut), nil)
	all := slices.Concat(samples, heldOut)
	slices.Sort(all)
	var ties float64
	for first := 0; first < len(all); {
		next := sort.Search(len(all), func(i int) bool { return all[i] > all[first] })
		t := float64(next - first)
		ties += t*t*t - t
		first = next
	}
	r := Ranks{Nearer: nearer, Z: math.NaN()}
	if variance := m * n / 12 * (m + n + 1 - ties/((m+n)*(m+n-1))); variance > 0 {
		r.Z = m * n * (0.5 - nearer) / math.Sqrt(variance)
	}
	return r
}

// Placements returns for each held-out example the share of samples that are nearer, ties counted half. Their mean is
// [Ranks].Nearer, and the part of its variance that comes from held-out examples being few is their variance over
// their number (DeLong, DeLong & Clarke-Pearson 1988, Biometrics 44, 837).
func Placements(samples, heldOut []float64) []float64 {
	sorted := slices.Clone(samples)
	slices.Sort(sorted)
	if len(sorted) > 0 && math.IsNaN(sorted[0]) || slices.ContainsFunc(heldOut, math.IsNaN) {
		panic("copying: a distance is NaN")
	}
	place := make([]float64, len(heldOut))
	for i, d := range heldOut {
		below := sort.SearchFloat64s(sorted, d)
		upTo := sort.Search(len(sorted), func(j int) bool { return sorted[j] > d })
		place[i] = float64(below+upTo) / float64(2*len(sorted))
	}
	return place
}

// Own returns the share of samples that lie nearer to their own training set than to another, ties counted half, given
// the distances of each sample to either. Where the samples owe nothing to the particular examples of their own set,
// and both sets are draws of one size from one population, its expectation is exactly 1/2. NaN without samples.
func Own(own, other []float64) float64 {
	if len(own) != len(other) {
		panic(fmt.Sprintf("copying: %d distances to the own training set, %d to the other", len(own), len(other)))
	}
	var nearer float64
	for i, d := range own {
		switch {
		case d < other[i]:
			nearer++
		case d == other[i]:
			nearer += 0.5
		}
	}
	return nearer / float64(len(own))
}
