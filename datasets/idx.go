package datasets

import (
	"bufio"
	"bytes"
	"compress/flate"
	"compress/gzip"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strings"
)

// maxData is the largest payload that is read from one IDX file, in bytes.
const maxData = 1 << 30

// ubyte is the IDX code of the element type "unsigned byte", the only one read and written here.
const ubyte = 0x08

// Images is the content of an idx3-ubyte file: N grey images of Rows x Cols pixels, one byte each.
type Images struct {
	N, Rows, Cols int
	Pixels        []uint8 // N x Rows x Cols, row-major
}

// FormatError says that a file is not the IDX file that was expected.
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

// ReadImages reads an idx3-ubyte file, plain or gzip (told apart by their first bytes), to its end. file names it
// in errors. A file that is cut short, has bytes left over, or is something else gives a [*FormatError]. Memory
// grows with the data that are really there, whatever the header claims.
//
// The format: bytes 0, 0, 8 (unsigned byte), 3 (dimensions); N, Rows and Cols as big-endian uint32; the pixels.
func ReadImages(r io.Reader, file string) (*Images, error) {
	dims, data, err := readIDX(r, file, 3)
	if err != nil {
		return nil, err
	}
	return &Images{N: dims[0], Rows: dims[1], Cols: dims[2], Pixels: data}, nil
}

// ReadLabels reads an idx1-ubyte file, one label a byte, as [ReadImages] reads images.
func ReadLabels(r io.Reader, file string) ([]uint8, error) {
	_, data, err := readIDX(r, file, 1)
	return data, err
}

// WriteImages writes im as an idx3-ubyte file, compressed by gzip if compress is set. The bytes depend on im
// alone (the gzip header has no time and no name). It fails if im is empty or its parts do not fit.
func WriteImages(w io.Writer, im *Images, compress bool) error {
	return writeIDX(w, []int{im.N, im.Rows, im.Cols}, im.Pixels, compress)
}

// WriteLabels writes labels as an idx1-ubyte file, as [WriteImages] writes images.
func WriteLabels(w io.Writer, labels []uint8, compress bool) error {
	return writeIDX(w, []int{len(labels)}, labels, compress)
}

func readIDX(r io.Reader, file string, ndim int) ([]int, []byte, error) {
	r, err := gunzip(r)
	if err != nil {
		return nil, nil, readError(file, err, "nothing after a gzip signature", kind(ndim))
	}
	header := make([]byte, 4+4*ndim)
	n, err := io.ReadFull(r, header)
	if n < 4 {
		return nil, nil, readError(file, err, plural(n, "byte"), kind(ndim))
	}
	if err := checkMagic(header, file, ndim); err != nil {
		return nil, nil, err
	}
	if err != nil {
		return nil, nil, readError(file, err, fmt.Sprintf("%d bytes of a header", n), fmt.Sprint(len(header)))
	}
	dims, size, err := shape(header[4:], file)
	if err != nil {
		return nil, nil, err
	}
	var data bytes.Buffer
	data.Grow(int(min(size, 1<<20)))
	want := fmt.Sprintf("%d (%s)", size, dimensions(dims))
	if n, err := io.CopyN(&data, r, size); err != nil {
		return nil, nil, readError(file, err, plural(int(n), "byte")+" of data", want)
	}
	switch n, err := io.ReadFull(r, make([]byte, 1)); {
	case n > 0:
		return nil, nil, &FormatError{file, "bytes after the data", "exactly " + want,
			"the header does not belong to these data: fetch the file again"}
	case err != io.EOF:
		return nil, nil, readError(file, err, "all data but no proper end of file", "a whole gzip stream")
	}
	return dims, data.Bytes(), nil
}

func writeIDX(w io.Writer, dims []int, data []byte, compress bool) error {
	header := []byte{0, 0, ubyte, byte(len(dims))}
	for _, d := range dims {
		if d < 1 || d > maxData {
			return fmt.Errorf("datasets: cannot write IDX data of shape %s: every dimension must be 1 to %d",
				dimensions(dims), maxData)
		}
		header = binary.BigEndian.AppendUint32(header, uint32(d))
	}
	if _, size, err := shape(header[4:], "output"); err != nil {
		return err
	} else if int64(len(data)) != size {
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

// gunzip returns r itself, or its decompressed content if it begins as gzip does.
func gunzip(r io.Reader) (io.Reader, error) {
	br := bufio.NewReader(r)
	if head, _ := br.Peek(2); !bytes.Equal(head, []byte{0x1f, 0x8b}) {
		return br, nil
	}
	return gzip.NewReader(br)
}

// checkMagic checks the first four bytes of an IDX file.
func checkMagic(header []byte, file string, ndim int) error {
	m := header[:4]
	e := &FormatError{File: file, Want: kind(ndim)}
	switch {
	case m[0] != 0 || m[1] != 0:
		e.Found, e.Try = foreign(m)
	case m[2] != ubyte:
		e.Found = fmt.Sprintf("IDX data of element type 0x%02x", m[2])
		e.Try = "convert it to unsigned bytes (type 0x08)"
	case int(m[3]) != ndim:
		e.Found = kind(int(m[3]))
		e.Try = "see whether the names of two files were swapped"
	default:
		return nil
	}
	return e
}

// foreign describes a file that is not IDX by its first four bytes.
func foreign(m []byte) (found, try string) {
	switch {
	case m[0] == '<':
		return "an HTML or XML page", "a mirror or a proxy sent a page instead of the file: fetch it another way"
	case string(m) == "vers":
		return "a Git LFS pointer", "run git lfs pull"
	case string(m[:2]) == "PK":
		return "a zip archive", "unpack it first"
	}
	return fmt.Sprintf("the bytes % x at the start, which are not IDX", m), "check that this is the right file"
}

// shape decodes the dimensions and returns them with their product.
func shape(header []byte, file string) (dims []int, size int64, err error) {
	size = 1
	for ; len(header) > 0; header = header[4:] {
		d := int64(binary.BigEndian.Uint32(header))
		if d == 0 {
			return nil, 0, &FormatError{file, "an empty dimension in the header", "at least one example and one pixel",
				"the file holds no data: fetch it again"}
		}
		if d > maxData/size {
			return nil, 0, &FormatError{file, "a header that announces more than 1 GiB of data", "at most 1 GiB",
				"the header is damaged, or the set must be split"}
		}
		size *= d
		dims = append(dims, int(d))
	}
	return dims, size, nil
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
	}
	return fmt.Errorf("datasets: reading %s: %w", file, err)
}

// kind names an IDX file of unsigned bytes by its number of dimensions.
func kind(ndim int) string {
	switch ndim {
	case 1:
		return "a labels file (idx1-ubyte)"
	case 3:
		return "an images file (idx3-ubyte)"
	}
	return fmt.Sprintf("an IDX file of %d dimensions", ndim)
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
