package op

import (
	"math"
	"slices"
)

// ExpSum returns the largest of the logits l and sum_j exp(l_j - top), which is at least 1 and cannot overflow.
func ExpSum[T float32 | float64](logits []T) (top T, sum float64) {
	top = slices.Max(logits)
	for _, l := range logits {
		sum += math.Exp(float64(l - top))
	}
	return top, sum
}

// LogSumExp returns ln sum_j exp(l_j); NaN if one of the logits is.
func LogSumExp[T float32 | float64](logits []T) float64 {
	top, sum := ExpSum(logits)
	return float64(top) + math.Log(sum)
}

// Softmax replaces the logits l_i by exp(l_i) / sum_j exp(l_j).
func Softmax(logits []float64) {
	top, sum := slices.Max(logits), 0.0
	for j, l := range logits {
		logits[j] = math.Exp(l - top)
		sum += logits[j]
	}
	for j := range logits {
		logits[j] /= sum
	}
}
