package model

import "math"

// The logistic function is tabulated for -logisticNats..logisticNats; beyond, it is 0 or 1 to 2e-14.
const (
	logisticNats  = 32
	cellsPerNat   = 32
	logisticCells = 2 * logisticNats * cellsPerNat // a power of 2
)

// logisticCentres[i] is sigmoid at the centre of cell i.
var logisticCentres = func() (t [logisticCells]float64) {
	for i := range t {
		t[i] = sigmoid64((float64(i)+0.5)/cellsPerNat - logisticNats)
	}
	return t
}()

// logistic returns sigmoid(z) to 4e-10, by Taylor's expansion about the centre of a cell, whose derivatives are
// s' = s (1-s), s2 = s' (1 - 2s), s3 = s' (1 - 6s'). It takes neither an exponential nor a division.
func logistic(z float64) float64 {
	if z >= logisticNats {
		return 1
	}
	if z <= -logisticNats {
		return 0
	}
	position := (z + logisticNats) * cellsPerNat
	cell := int(position) // of NaN, any number: the mask keeps it in the table, and d is NaN
	d := (position - float64(cell) - 0.5) * (1. / cellsPerNat)
	s := logisticCentres[cell&(logisticCells-1)]
	s1 := s * (1 - s)
	return s + s1*d*(1+d*(0.5-s+d*(1./6-s1)))
}

// softplusGain returns sum_j softplus(to z_j) - softplus(from z_j). As softplus(t) = max(t, 0) - ln sigmoid(|t|),
// logarithms are taken of products of many factors in [1/2, 1], not one by one.
func softplusGain(z []float32, from, to float64) float64 {
	var linear, logs float64
	product, divisor := 1., 1.
	for j, x := range z {
		t := math.Abs(float64(x))
		linear += max(float64(x), 0)
		product *= logistic(to * t)
		divisor *= logistic(from * t)
		if j&511 == 511 {
			logs += math.Log(product / divisor)
			product, divisor = 1, 1
		}
	}
	return (to-from)*linear - logs - math.Log(product/divisor)
}
