package tile

import "unsafe"

// most is how many rows of a product a kernel makes at once, at most; there are also kernels for one row less.
const most = 6

// arguments are what a kernel is given; asm/main.go knows their places.
type arguments struct {
	a    [most]unsafe.Pointer // the first number of A for each row
	c    [most]unsafe.Pointer // the first number of each row of C
	b    unsafe.Pointer       // the first number of the first row of B
	k    int                  // rows of B, at least 1
	colA int                  // bytes from a number of A to the next of its row
	rowB int                  // bytes from a row of B to the next
	mask unsafe.Pointer       // which numbers of the last vector there are, where the kernel is masked
	add  int                  // 0: C is overwritten
}

// kernels are those of one precision on one kind of processor. None keeps its arguments.
type kernels struct {
	lanes         int              // numbers in a vector
	whole, masked [2][]func(*byte) // for five rows and six; of one vector, two, and so on
	masks         []unsafe.Pointer // for the first of so many numbers of a vector
}
