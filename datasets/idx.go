package datasets

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
)

// ubyte is the IDX code of the element type "unsigned byte", the only one written here.
const ubyte = 0x08

// Images are N grey images of Rows x Cols pixels.
type Images struct {
	N, Rows, Cols int
	Pixels        []float32 // N x Rows x Cols, row-major, from 0 to 1
}

// FormatError says that a file is not what was expected.
type FormatError struct {
	File  string // the file, as the caller named it
	Found string // what is in it
	Want  string // what was expected instead
	Try   string // what to try
}

// Error returns the four facts in one line.
func (e *FormatError) Error() string {
	return fmt.Sprintf("datasets: %s: found %s, expected %s; %s", e.File, e.Found, e.Want, e.Try)
}

// ReadImages reads an IDX file of three dimensions, plain or gzip (told apart by their first bytes), to its end. file
// names it in errors. A file that is cut short, has bytes left over (zero bytes after gzip data aside), or is something
// else gives a [*FormatError]. Memory grows with the data that are really there, whatever the header claims.
//
// The format: bytes 0, 0, the element type (8: unsigned bytes), 3 (dimensions); N, Rows and Cols as big-endian uint32;
// the pixels. Integers are scaled from 0..255 to [0,1], unless all are 0 and 1, a binarised set; floating-point pixels
// must be from 0 to 1 already.
func ReadImages(r io.Reader, file string) (*Images, error) {
	a, err := readIDX(r, file, 3)
	if err != nil {
		return nil, err
	}
	return a.images()
}

// ReadLabels reads an IDX file of one label an example, as [ReadImages] reads images. Labels are whole numbers from 0
// to 255 of any element type; of a table as QMNIST's, the first column.
func ReadLabels(r io.Reader, file string) ([]uint8, error) {
	a, err := readIDX(r, file, 1)
	if err != nil {
		return nil, err
	}
	return a.labels()
}

// WriteImages writes im as an idx3-ubyte file, rounded to 8 bits, compressed by gzip if compress is set. The bytes
// depend on im alone (the gzip header has no time and no name). It fails if im is empty, its parts do not fit, or a
// value lies outside [0,1].
func WriteImages(w io.Writer, im *Images, compress bool) error {
	data, err := im.bytes()
	if err != nil {
		return err
	}
	return writeIDX(w, []int{im.N, im.Rows, im.Cols}, data, compress)
}

// bytes are the pixels, rounded to 8 bits.
func (im *Images) bytes() ([]byte, error) {
	data := make([]byte, len(im.Pixels))
	for i, x := range im.Pixels {
		if !(x >= 0 && x <= 1) {
			return nil, fmt.Errorf("datasets: cannot write IDX data: value %v in row %d is outside [0,1]; rescale it first",
				x, i/max(1, im.Rows*im.Cols))
		}
		data[i] = uint8(math.Round(float64(x) * 255))
	}
	return data, nil
}

// WriteLabels writes labels as an idx1-ubyte file, as [WriteImages] writes images.
func WriteLabels(w io.Writer, labels []uint8, compress bool) error {
	return writeIDX(w, []int{len(labels)}, labels, compress)
}

// readIDX reads an IDX file to its end.
func readIDX(r io.Reader, file string, ndim int) (*array, error) {
	r, err := gunzip(r)
	if err != nil {
		return nil, readError(file, err, "nothing after a gzip signature", kind(ndim))
	}
	magic := make([]byte, 4)
	if n, err := io.ReadFull(r, magic); err != nil {
		return nil, readError(file, err, plural(n, "byte"), kind(ndim))
	}
	e, err := checkMagic(magic, file, ndim)
	if err != nil {
		return nil, err
	}
	sizes := make([]byte, 4*int(magic[3]))
	if n, err := io.ReadFull(r, sizes); err != nil {
		return nil, readError(file, err, fmt.Sprintf("%d bytes of a header", 4+n), fmt.Sprint(4+len(sizes)))
	}
	var shape []int
	for ; len(sizes) > 0; sizes = sizes[4:] {
		shape = append(shape, int(binary.BigEndian.Uint32(sizes)))
	}
	return readArray(r, file, shape, e)
}

func writeIDX(w io.Writer, dims []int, data []byte, compress bool) error {
	header := []byte{0, 0, ubyte, byte(len(dims))}
	for _, d := range dims {
		header = binary.BigEndian.AppendUint32(header, uint32(d))
	}
	size, err := sizeOf(dims, "output")
	if err != nil {
		return err
	}
	if len(data) != size {
		return fmt.Errorf("datasets: cannot write IDX data: %d bytes for shape %s, which needs %d",
			len(data), dimensions(dims), size)
	}
	if !compress {
		return writeAll(w, header, data)
	}
	z, err := gzip.NewWriterLevel(w, gzip.BestCompression)
	if err != nil {
		return err
	}
	if err := writeAll(z, header, data); err != nil {
		return err
	}
	return z.Close()
}

func writeAll(w io.Writer, parts ...[]byte) error {
	for _, p := range parts {
		if _, err := w.Write(p); err != nil {
			return fmt.Errorf("datasets: writing IDX data: %w", err)
		}
	}
	return nil
}

// elements are the types of IDX by their code.
var elements = map[byte]element{
	0x08: {'u', 1, binary.BigEndian}, 0x09: {'i', 1, binary.BigEndian}, 0x0b: {'i', 2, binary.BigEndian},
	0x0c: {'i', 4, binary.BigEndian}, 0x0d: {'f', 4, binary.BigEndian}, 0x0e: {'f', 8, binary.BigEndian},
}

// checkMagic checks the first four bytes of an IDX file.
func checkMagic(m []byte, file string, ndim int) (element, error) {
	e := &FormatError{File: file, Want: kind(ndim)}
	of, known := elements[m[2]]
	switch {
	case m[0] != 0 || m[1] != 0:
		e.Found, e.Try = foreign(m)
	case !known:
		e.Found = fmt.Sprintf("IDX data of element type 0x%02x", m[2])
		e.Try = "convert it to unsigned bytes (type 0x08)"
	default:
		return of, checkDims(file, int(m[3]), ndim)
	}
	return of, e
}

// foreign describes a file that is not IDX by its first four bytes.
func foreign(m []byte) (found, try string) {
	switch {
	case bytes.Equal(m[:2], gzipMagic):
		return "gzip data within gzip data", "decompress the file once"
	case m[0] == '<':
		return "an HTML or XML page", "a mirror or a proxy sent a page instead of the file: fetch it another way"
	case string(m) == "vers":
		return "a Git LFS pointer", "run git lfs pull"
	case string(m[:2]) == "PK":
		return "a zip archive", "unpack it first"
	}
	return fmt.Sprintf("the bytes % x at the start, which are not IDX", m), "check that this is the right file"
}

// readError explains why a file could not be read to its end.
func readError(file string, err error, found, want string) error {
	var corrupt flate.CorruptInputError
	switch {
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return &FormatError{file, found, want, "the file is cut short: fetch or copy it again"}
	case errors.Is(err, gzip.ErrHeader), errors.Is(err, gzip.ErrChecksum), errors.As(err, &corrupt):
		return &FormatError{file, fmt.Sprintf("damaged gzip data (%v)",
			err), "a whole gzip stream", "fetch or copy the file again"}
	case errors.Is(err, errJunk):
		return &FormatError{file, err.Error(), "nothing more, or zero bytes", "something was appended: fetch the file again"}
	}
	return fmt.Errorf("datasets: reading %s: %w", file, err)
}
