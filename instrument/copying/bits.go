package copying

import "math/bits"

// packed returns rows of bits, 64 to a word and each row in words of its own; nil where x holds other values than 0
// and 1.
func packed(x []float32, dim int) []uint64 {
	words := (dim + 63) / 64
	p := make([]uint64, len(x)/dim*words)
	for i, v := range x {
		switch v {
		case 0:
		case 1:
			p[i/dim*words+i%dim/64] |= 1 << (i % dim % 64)
		default:
			return nil
		}
	}
	return p
}

// nearestBits returns the row nearest to a point, and in how many bits it differs: the squared distance.
func nearestBits(point, rows []uint64) (row int, differ float64) {
	least, words := 64*len(point)+1, len(point)
	for i := 0; len(rows) >= words; i++ {
		var d int
		for j, w := range rows[:words] {
			d += bits.OnesCount64(w ^ point[j])
		}
		if d < least {
			row, least = i, d
		}
		rows = rows[words:]
	}
	return row, float64(least)
}
