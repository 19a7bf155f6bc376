// Package lse sums exponentials without overflow, in both precisions.
package lse

import (
	"math"

	"calorimeter/internal/vector"
)

// ExpSum returns the largest of the logits l and sum_j exp(l_j - top), which is at least 1 and cannot overflow.
func ExpSum[T float32 | float64](logits []T) (top T, sum float64) {
	top = largest(logits)
	var some [64]float64
	for len(logits) > 0 {
		n := min(len(logits), len(some))
		sum += vector.Exp(some[:n], logits[:n], top)
		logits = logits[n:]
	}
	return top, sum
}

// Exp is ExpSum that fills dst with exp(l_j - top) besides.
func Exp[T float32 | float64](dst []float64, logits []T) (top T, sum float64) {
	top = largest(logits)
	return top, vector.Exp(dst[:len(logits)], logits, top)
}

// largest is the largest of the logits, or any of them where one is NaN: then all that is made of it is NaN, too. It is
// a third of the time of slices.Max, which looks for them.
func largest[T float32 | float64](logits []T) T {
	top := logits[0]
	for _, l := range logits {
		if l > top {
			top = l
		}
	}
	return top
}

// LogSumExp returns ln sum_j exp(l_j); NaN if one of the logits is.
func LogSumExp[T float32 | float64](logits []T) float64 {
	top, sum := ExpSum(logits)
	return float64(top) + math.Log(sum)
}
