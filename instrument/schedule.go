package instrument

import (
	"fmt"
	"math"
	"slices"
)

// Schedule says whether something is measured at a step; steps are counted from 0, which is before the first
// update. It must depend on nothing but the step.
type Schedule func(step int) bool

// Every is true at steps 0, n, 2n ... It panics if n < 1.
func Every(n int) Schedule {
	if n < 1 {
		panic(fmt.Sprintf("instrument: Every(%d): the interval must be at least 1", n))
	}
	return func(step int) bool { return step%n == 0 }
}

// LogSpaced is true at step 0 and at the steps 10^(k/perDecade), k = 0, 1, 2 ..., rounded to the nearest
// integer: evenly spaced in the logarithm, perDecade of them in each factor of ten once they no longer round to
// the same step. It panics if perDecade < 1.
func LogSpaced(perDecade int) Schedule {
	if perDecade < 1 {
		panic(fmt.Sprintf("instrument: LogSpaced(%d): at least one step a decade", perDecade))
	}
	p := float64(perDecade)
	return func(step int) bool {
		if step < 1 {
			return step == 0
		}
		k := math.Round(p * math.Log10(float64(step)))
		for _, k := range [...]float64{k - 1, k, k + 1} {
			if k >= 0 && math.Round(math.Pow(10, k/p)) == float64(step) {
				return true
			}
		}
		return false
	}
}

// LogSteps returns up to n steps from 0 to last: 0, first (or last, if that is less), and then as evenly in ln(step) as
// whole numbers allow, last among them: the steps of a run whose length is known, where [LogSpaced] is for one whose
// length is not. [At] makes a schedule of them. Where there are fewer steps it returns every step from first on. It
// panics unless n >= 1, first >= 1 and last >= 0.
func LogSteps(first, last, n int) []int {
	if n < 1 || first < 1 || last < 0 {
		panic(fmt.Sprintf("instrument: LogSteps(%d, %d, %d)", first, last, n))
	}
	if n == 1 || last == 0 {
		return []int{last}
	}
	steps := []int{0, min(first, last)}
	if n == 2 {
		steps[1] = last
	}
	for at := steps[1]; at < last; at = steps[len(steps)-1] {
		left := max(1, n-len(steps)) // still to place, the last at the end
		even := float64(at) * math.Pow(float64(last)/float64(at), 1/float64(left))
		steps = append(steps, min(last, max(at+1, int(math.Round(even)))))
	}
	return steps
}

// At is true at the given steps, in any order. It panics on a negative step.
func At(steps ...int) Schedule {
	sorted := slices.Sorted(slices.Values(steps))
	if len(sorted) > 0 && sorted[0] < 0 {
		panic(fmt.Sprintf("instrument: At(%d): steps are counted from 0", sorted[0]))
	}
	return func(step int) bool {
		_, found := slices.BinarySearch(sorted, step)
		return found
	}
}

// Bursts is true at length consecutive steps at the beginning of every block of n steps: 0 ... length-1,
// n ... n+length-1 and so on. It is the schedule of quantities that need a window of consecutive steps, such as
// [GradientNoise], but not all the time. It panics unless 1 <= length <= n.
func Bursts(n, length int) Schedule {
	if length < 1 || length > n {
		panic(fmt.Sprintf("instrument: Bursts(%d, %d): the length must be in [1, %d]", n, length, n))
	}
	return func(step int) bool { return step%n < length }
}
