package datasets

import (
	"archive/zip"
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// shelf are named arrays of NumPy, one a file NAME.npy: the content of an .npz file, a folder, or a single one.
type shelf struct {
	path  string
	files fs.FS
	names []string
}

// arrayNames are the names of training images and labels, and of test images and labels.
var arrayNames = [4][]string{
	{"x_train", "train_images", "images", "x"}, {"y_train", "train_labels", "labels", "y"},
	{"x_test", "test_images"}, {"y_test", "test_labels"},
}

// openArrays reads a data set from an .npy or .npz file, or from a folder of .npy files.
func openArrays(ctx context.Context, path, name string) (*Split, error) {
	s := &shelf{path: path, files: os.DirFS(path)}
	switch filepath.Ext(path) {
	case ".npy":
		s.path, s.names = filepath.Dir(path), []string{filepath.Base(path)}
		s.files = os.DirFS(s.path)
	case ".npz":
		archive, err := zip.OpenReader(path)
		if err != nil {
			return nil, &FormatError{path, err.Error(), "an .npz archive", "write it again, with numpy.savez"}
		}
		defer archive.Close()
		s.files = archive
	}
	if s.names == nil {
		var err error
		s.names, err = fs.Glob(s.files, "*.npy")
		if err != nil {
			return nil, fmt.Errorf("datasets: %w", err)
		}
	}
	parts, err := s.parts(ctx)
	if err != nil {
		return nil, err
	}
	return splitOf(name, "arrays of "+name, parts[0], parts[1])
}

// parts reads the training part and the test part, which may not be there.
func (s *shelf) parts(ctx context.Context) (parts [2]*part, err error) {
	var found [4]string
	for i, spellings := range arrayNames {
		for _, name := range s.names {
			plain := strings.ReplaceAll(strings.ToLower(strings.TrimSuffix(name, ".npy")), "-", "_")
			if slices.Contains(spellings, plain) {
				found[i] = name
			}
		}
	}
	if len(s.names) == 1 {
		found = [4]string{s.names[0]}
	}
	if found[0] == "" {
		return parts, &FormatError{s.path, "the arrays " + strings.Join(s.names, ", "), "one alone, or one named " +
			strings.Join(arrayNames[0], ", "), "name the images so, and y_train, x_test, y_test the others"}
	}
	for i := range parts {
		images, labels := found[2*i], found[2*i+1]
		if images == "" {
			continue
		}
		p := &part{imagesFile: filepath.Join(s.path, images), labelsFile: filepath.Join(s.path, labels)}
		a, err := s.read(ctx, images, 3)
		if err == nil {
			p.images, err = a.images()
		}
		if err == nil && labels != "" {
			a, err = s.read(ctx, labels, 1)
		}
		if err == nil && labels != "" {
			p.labels, err = a.labels()
		}
		if err != nil {
			return parts, err
		}
		parts[i] = p
	}
	return parts, nil
}

// read reads the array in a file.
func (s *shelf) read(ctx context.Context, name string, ndim int) (a *array, err error) {
	open := func(string) (io.ReadCloser, error) {
		info, err := fs.Stat(s.files, name)
		if err != nil {
			return nil, err
		}
		if err := regular(info); err != nil {
			return nil, err
		}
		return s.files.Open(name)
	}
	path := filepath.Join(s.path, name)
	err = read(ctx, open, path, func(r io.Reader) (err error) {
		a, err = readNPY(r, path, ndim)
		return err
	})
	return a, err
}

// maxHeader is the longest header of an .npy file that is read, in bytes.
const maxHeader = 1 << 16

// The parts of the header of an .npy file, a dictionary of Python.
var (
	npyType    = regexp.MustCompile(`'descr': *'([<>|=]?)([a-zA-Z])(\d+)'`)
	npyFortran = regexp.MustCompile(`'fortran_order': *True`)
	npyShape   = regexp.MustCompile(`'shape': *\(([\d, ]*)\)`)
)

// readNPY reads an .npy file, of images (ndim 3) or of labels (ndim 1), to its end: the six bytes "\x93NUMPY", the
// version, the length of the header as little-endian uint16 (uint32 from version 2 on), the header, the elements.
func readNPY(r io.Reader, file string, ndim int) (*array, error) {
	const want = "an array of NumPy, version 1 to 3"
	start := make([]byte, 10)
	if n, err := io.ReadFull(r, start); err != nil {
		return nil, readError(file, err, plural(n, "byte"), want)
	}
	length := int(binary.LittleEndian.Uint16(start[8:]))
	if start[6] > 1 {
		more := make([]byte, 2)
		if n, err := io.ReadFull(r, more); err != nil {
			return nil, readError(file, err, plural(10+n, "byte"), want)
		}
		length = int(binary.LittleEndian.Uint32(append(start[8:], more...)))
	}
	if string(start[:6]) != "\x93NUMPY" || start[6] < 1 || start[6] > 3 || length > maxHeader {
		return nil, &FormatError{file, fmt.Sprintf("the bytes % x at the start", start), want, "write it with numpy.save"}
	}
	header := make([]byte, length)
	if n, err := io.ReadFull(r, header); err != nil {
		return nil, readError(file, err, plural(n, "byte")+" of a header", fmt.Sprint(length))
	}
	e, shape, err := npyHeader(string(header), file, ndim)
	if err != nil {
		return nil, err
	}
	return readArray(r, file, shape, e)
}

// npyHeader finds the type and the shape in a header.
func npyHeader(header, file string, ndim int) (e element, shape []int, err error) {
	of, sizes := npyType.FindStringSubmatch(header), npyShape.FindStringSubmatch(header)
	fault := &FormatError{File: file, Found: "the header " + strconv.Quote(strings.TrimSpace(header)),
		Want: "integers or floating-point numbers of 4 or 8 bytes, in C order", Try: "convert it: " +
			"numpy.ascontiguousarray(x, dtype=numpy.float32)"}
	if of == nil || sizes == nil || npyFortran.MatchString(header) {
		return e, nil, fault
	}
	e.order = binary.LittleEndian
	if of[1] == ">" {
		e.order = binary.BigEndian
	}
	e.kind = of[2][0]
	if e.kind == 'b' { // False and True are bytes of 0 and 1
		e.kind = 'u'
	}
	e.size, err = strconv.Atoi(of[3])
	if err != nil || !e.known() {
		return e, nil, fault
	}
	for field := range strings.SplitSeq(sizes[1], ",") {
		field = strings.TrimSpace(field)
		if field == "" {
			continue
		}
		size, err := strconv.Atoi(field)
		if err != nil {
			return e, nil, fault
		}
		shape = append(shape, size)
	}
	switch {
	case ndim == 3 && len(shape) == 2: // a row an example
		shape = []int{shape[0], 1, shape[1]}
	case ndim == 3 && len(shape) < 2:
		return e, nil, &FormatError{file, "an array of one dimension", "examples x rows x columns, or examples x numbers",
			"reshape it"}
	}
	return e, shape, checkDims(file, len(shape), ndim)
}
