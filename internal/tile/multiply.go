package tile

import (
	"sync"
	"unsafe"
)

// depth is how many rows of B are taken at once, so that a tile of them stays in the first cache.
const depth = 256

var pool = sync.Pool{New: func() any { return new(arguments) }} // kernels are called through variables: it would escape

// Multiply computes C = A B, or C += A B where add says so. A is m x k, its number (i, l) stands at i rowA + l colA; B
// is k x n and C is m x n, their rows ldb and ldc numbers apart. All sizes are at least 1.
func Multiply[T float32 | float64](m, n, k int, a []T, rowA, colA int, b []T, ldb int, c []T, ldc int, add bool) {
	size := int(unsafe.Sizeof(a[0]))
	of := kernelsFor(size)
	rows := rowsFor(m)
	p := pool.Get().(*arguments)
	p.colA, p.rowB = colA*size, ldb*size
	for l := 0; l < k; l += depth {
		p.k, p.add = min(depth, k-l), 0
		if add || l > 0 {
			p.add = 1
		}
		for j := 0; j < n; {
			width := min(n-j, len(of.whole[0])*of.lanes)
			rest := width % of.lanes
			kind := &of.masked
			if rest == 0 {
				kind = &of.whole
			}
			kernel := kind[rows+1-most][(width-1)/of.lanes]
			p.mask, p.b = of.masks[rest], unsafe.Pointer(&b[l*ldb+j])
			firstA, firstC := unsafe.Pointer(&a[l*colA]), unsafe.Pointer(&c[j])
			for i := 0; i < m; i += rows {
				for r := range rows {
					row := min(i+r, m-1) * size // where there are fewer rows, the last is made more than once, to the same
					p.a[r], p.c[r] = unsafe.Add(firstA, row*rowA), unsafe.Add(firstC, row*ldc)
				}
				kernel((*byte)(unsafe.Pointer(p)))
			}
			j += width
		}
	}
	*p = arguments{}
	pool.Put(p)
}

// rowsFor is the number of rows to make at once of m: one less than most where that leaves out a twentieth of the work.
func rowsFor(m int) int {
	made := func(at int) int { return (m + at - 1) / at * at }
	if 20*made(most-1) < 19*made(most) {
		return most - 1
	}
	return most
}

// Transpose writes the transpose of the m x n matrix src into dst, their rows ld and stride numbers apart.
func Transpose[T float32 | float64](dst []T, stride int, src []T, m, n, ld int) {
	size := int(unsafe.Sizeof(src[0]))
	side := 32 / size
	down, across := m/side*side, n/side*side
	if down > 0 {
		for j := 0; j < across; j += side {
			to, from := unsafe.Pointer(&dst[j*stride]), unsafe.Pointer(&src[j])
			squares(size, (*byte)(to), stride*size, (*byte)(from), ld*size, down/side)
		}
	}
	for i := range m {
		from := across
		if i >= down {
			from = 0
		}
		for j := from; j < n; j++ {
			dst[j*stride+i] = src[i*ld+j]
		}
	}
}
