package op

import (
	"math"
	"slices"
)

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
