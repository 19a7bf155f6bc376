package datasets

import (
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
)

// maxPixels is the largest number of values that is read from one file: 4 GiB of float32.
const maxPixels = 1 << 30

// element is how a file writes a number: u (unsigned), i (integer) or f (floating point), of 1 to 8 bytes.
type element struct {
	kind  byte
	size  int
	order binary.ByteOrder
}

// known reports whether elements like e can be read.
func (e element) known() bool {
	switch e.kind {
	case 'u', 'i':
		return slices.Contains([]int{1, 2, 4, 8}, e.size)
	case 'f':
		return e.size == 4 || e.size == 8
	}
	return false
}

// value decodes the number in b, of e.size bytes.
func (e element) value(b []byte) float64 {
	var bits uint64
	switch e.size {
	case 1:
		bits = uint64(b[0])
	case 2:
		bits = uint64(e.order.Uint16(b))
	case 4:
		bits = uint64(e.order.Uint32(b))
	case 8:
		bits = e.order.Uint64(b)
	}
	switch {
	case e.kind == 'f' && e.size == 4:
		return float64(math.Float32frombits(uint32(bits)))
	case e.kind == 'f':
		return math.Float64frombits(bits)
	case e.kind == 'i':
		unused := 64 - 8*e.size
		return float64(int64(bits<<unused) >> unused)
	}
	return float64(bits)
}

// decode decodes the numbers in b.
func (e element) decode(dst []float32, b []byte) {
	if e.kind == 'u' && e.size == 1 { // nearly all there is
		for i, v := range b {
			dst[i] = float32(v)
		}
		return
	}
	for i := range dst {
		dst[i] = float32(e.value(b[i*e.size:]))
	}
}

// array is the content of a file that holds one array of numbers, row-major.
type array struct {
	file  string // as errors name it
	shape []int
	whole bool // of integers
	x     []float32
}

// readArray reads an array of the given shape, and whether that is all: r must end there. Memory grows with the data
// that are really there, whatever the header of the file claims.
func readArray(r io.Reader, file string, shape []int, e element) (*array, error) {
	size, err := sizeOf(shape, file)
	if err == nil {
		err = fits(size, file)
	}
	if err != nil {
		return nil, err
	}
	a := &array{file: file, shape: shape, whole: e.kind != 'f'}
	want := fmt.Sprintf("%d (%s)", size*e.size, dimensions(shape))
	if e.size > 1 {
		want = fmt.Sprintf("%d (%s of %d bytes)", size*e.size, dimensions(shape), e.size)
	}
	buf := make([]byte, min(size, 1<<16)*e.size)
	for len(a.x) < size {
		part := buf[:min(len(buf), (size-len(a.x))*e.size)]
		n, err := io.ReadFull(r, part)
		if err != nil {
			return nil, readError(file, err, plural(len(a.x)*e.size+n, "byte")+" of data", want)
		}
		from, arrived := len(a.x), len(part)/e.size
		if from+arrived > cap(a.x) {
			a.x = append(make([]float32, 0, min(size, 4*(from+arrived))), a.x...)
		}
		a.x = a.x[:from+arrived]
		e.decode(a.x[from:], part)
	}
	switch n, err := io.ReadFull(r, buf[:1]); {
	case n > 0:
		return nil, &FormatError{file, "bytes after the data", "exactly " + want,
			"the header does not belong to these data: fetch the file again"}
	case err != io.EOF:
		return nil, readError(file, err, "all data but no proper end of file", "a whole gzip stream")
	}
	return a, nil
}

// sizeOf is the number of elements of an array.
func sizeOf(shape []int, file string) (int, error) {
	size := 1
	for _, d := range shape {
		if d < 1 {
			return 0, &FormatError{file, "an empty dimension in the header", "at least one example and one pixel",
				"the file holds no data: fetch it again"}
		}
		if d > maxPixels/size {
			return 0, &FormatError{file, "a header that announces more than 2^30 values", "at most 2^30, 4 GiB in memory",
				"the header is damaged, or the set must be split"}
		}
		size *= d
	}
	return size, nil
}

// checkDims checks the number of dimensions of images, which have 3, or of labels, which have 1 or are a table.
func checkDims(file string, found, want int) error {
	e := &FormatError{file, kind(found), kind(want), "see whether the names of two files were swapped"}
	switch {
	case found == want, want == 1 && found == 2:
		return nil
	case found == 4:
		e.Found, e.Try = "colour images (data of 4 dimensions)", "turn them into grey ones"
	}
	return e
}

// kind names what a file holds by its number of dimensions.
func kind(ndim int) string {
	switch ndim {
	case 1:
		return "a labels file (idx1-ubyte)"
	case 3:
		return "an images file (idx3-ubyte)"
	}
	return fmt.Sprintf("data of %d dimensions", ndim)
}

// images returns the array, of 3 dimensions, as images. Integers are pixels of 0 to 255, or of a binarised set that
// holds 0 and 1 alone; other numbers are from 0 to 1 already.
func (a *array) images() (*Images, error) {
	top := float32(1)
	if a.whole && slices.ContainsFunc(a.x, func(v float32) bool { return v > 1 }) {
		top = 255
	}
	im := &Images{N: a.shape[0], Rows: a.shape[1], Cols: a.shape[2], Pixels: a.x}
	for i, v := range a.x {
		if !(v >= 0 && v <= top) {
			return nil, &FormatError{a.file, fmt.Sprintf("the pixel %v in image %d", v, i/(im.Rows*im.Cols)),
				fmt.Sprintf("pixels from 0 to %v", top), "scale the images to that range"}
		}
		im.Pixels[i] = v / top
	}
	return im, nil
}

// labels returns the array, of 1 or 2 dimensions, as labels, one an example. Of a table of one column, and of QMNIST's
// eight, the first column holds the class.
func (a *array) labels() ([]uint8, error) {
	columns := 1
	if len(a.shape) == 2 {
		columns = a.shape[1]
	}
	if columns != 1 && columns != 8 {
		return nil, &FormatError{a.file, "labels of " + plural(columns, "column"), "1, the class, or QMNIST's 8",
			"write the number of each example's class"}
	}
	labels := make([]uint8, a.shape[0])
	for i := range labels {
		v := a.x[i*columns]
		labels[i] = uint8(v)
		if float32(labels[i]) != v {
			return nil, &FormatError{a.file, fmt.Sprintf("the label %v in row %d", v, i), "whole numbers from 0 to 255",
				"correct it, or leave that example out"}
		}
	}
	return labels, nil
}

func dimensions(dims []int) string {
	return strings.Join(strings.Fields(strings.Trim(fmt.Sprint(dims), "[]")), " x ")
}

func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
