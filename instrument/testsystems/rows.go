package testsystems

import "math/rand/v2"

// newRows returns n rows of m zeros, in one block of memory.
func newRows(n, m int) [][]float64 {
	values := make([]float64, n*m)
	rows := make([][]float64, n)
	for i := range rows {
		rows[i] = values[i*m : (i+1)*m : (i+1)*m]
	}
	return rows
}

// normalRows draws n rows of m independent values from N(0, sd^2).
func normalRows(n, m int, sd float64, rng *rand.Rand) [][]float64 {
	rows := newRows(n, m)
	for _, row := range rows {
		for i := range row {
			row[i] = sd * rng.NormFloat64()
		}
	}
	return rows
}
