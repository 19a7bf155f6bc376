package datasets

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"strings"
)

// files are the usual names of the four IDX files of a split.
var files = [4]string{
	"train-images-idx3-ubyte", "train-labels-idx1-ubyte",
	"t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte",
}

// WriteFolder writes s as four gzip IDX files of the usual names into dir, which it creates if need be; [Open]
// reads them back. Values are rounded to 8 bits. It fails if there are no labels or a value lies outside [0,1],
// before anything is written.
func WriteFolder(dir string, s *Split) error {
	parts := [2]*Dataset{s.Train, s.Test}
	var images [2]*Images
	for i, d := range parts {
		if len(d.Labels) != d.Len() {
			return fmt.Errorf("datasets: cannot write %s as IDX: %d examples but %d labels", d.Name, d.Len(), len(d.Labels))
		}
		var err error
		images[i], err = d.images()
		if err != nil {
			return err
		}
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("datasets: %w", err)
	}
	for i, file := range files {
		err := place(filepath.Join(dir, file+".gz"), func(f *os.File) error {
			if i%2 == 0 {
				return WriteImages(f, images[i/2], true)
			}
			return WriteLabels(f, parts[i/2].Labels, true)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// images returns the examples as 8-bit images.
func (d *Dataset) images() (*Images, error) {
	im := &Images{N: d.Len(), Rows: d.Rows, Cols: d.Cols, Pixels: make([]uint8, len(d.X))}
	for i, x := range d.X {
		if !(x >= 0 && x <= 1) {
			return nil, fmt.Errorf("datasets: cannot write %s as IDX: value %v in row %d is outside [0,1]; rescale it first",
				d.Name, x, i/d.Dim())
		}
		im.Pixels[i] = uint8(math.Round(float64(x) * 255))
	}
	return im, nil
}

// place writes a file at once or not at all: into a temporary file beside path, which then takes its name.
func place(path string, write func(*os.File) error) (err error) {
	f, err := os.CreateTemp(filepath.Dir(path), ".partial-*")
	if err != nil {
		return fmt.Errorf("datasets: %w", err)
	}
	defer func() {
		if err != nil {
			f.Close()
			os.Remove(f.Name())
		}
	}()
	if err := write(f); err != nil {
		return err
	}
	if err := errors.Join(f.Chmod(0o644), f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("datasets: %w", err)
	}
	if err := os.Rename(f.Name(), path); err != nil {
		return fmt.Errorf("datasets: %w", err)
	}
	return nil
}

// openFolder reads the four IDX files of a folder.
func openFolder(ctx context.Context, dir string) (*Split, error) {
	info, err := os.Stat(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("datasets: there is no folder %s; give a folder with four IDX files, or one of the names %s",
			dir, strings.Join(Names(), ", "))
	case err != nil:
		return nil, fmt.Errorf("datasets: %w", err)
	case !info.IsDir():
		return nil, fmt.Errorf("datasets: %s is a file; give the folder that holds the four IDX files", dir)
	}
	var paths [4]string
	var missing []string
	for i, file := range files {
		paths[i] = find(dir, file)
		if paths[i] == "" {
			missing = append(missing, file)
		}
	}
	if missing != nil {
		return nil, fmt.Errorf("datasets: folder %s lacks %s; it must hold all four of %s, plain or with .gz at the end",
			dir, strings.Join(missing, ", "), strings.Join(files[:], ", "))
	}
	name := filepath.Base(dir)
	if abs, err := filepath.Abs(dir); err == nil {
		name = filepath.Base(abs)
	}
	return readSplit(ctx, openFile, paths, name, "IDX files of the folder "+name)
}

// find returns the path of an IDX file in dir under any of its spellings, "" if there is none.
func find(dir, file string) string {
	dotted := strings.Replace(file, "-idx", ".idx", 1)
	for _, spelling := range []string{file, file + ".gz", dotted, dotted + ".gz"} {
		path := filepath.Join(dir, spelling)
		if info, err := os.Stat(path); err == nil && !info.IsDir() {
			return path
		}
	}
	return ""
}

// opener opens a file by its path.
type opener func(path string) (io.ReadCloser, error)

func openFile(path string) (io.ReadCloser, error) { return os.Open(path) }

// readSplit reads train images, train labels, test images and test labels.
func readSplit(ctx context.Context, open opener, paths [4]string, name, origin string) (*Split, error) {
	var parts [2]*Dataset
	for i := range parts {
		d, err := readPart(ctx, open, paths[2*i], paths[2*i+1])
		if err != nil {
			return nil, err
		}
		d.Name, d.Origin = name, origin
		parts[i] = d
	}
	train, test := parts[0], parts[1]
	if train.Rows != test.Rows || train.Cols != test.Cols {
		return nil, &FormatError{
			File:  paths[2],
			Found: fmt.Sprintf("images of %d x %d", test.Rows, test.Cols),
			Want:  fmt.Sprintf("%d x %d as in %s", train.Rows, train.Cols, paths[0]),
			Try:   "the two files are of different sets: replace one",
		}
	}
	return &Split{Train: train, Test: test}, nil
}

// readPart reads one file of images and its file of labels.
func readPart(ctx context.Context, open opener, imagesPath, labelsPath string) (*Dataset, error) {
	var im *Images
	var labels []uint8
	err := read(ctx, open, imagesPath, func(r io.Reader) (err error) {
		im, err = ReadImages(r, imagesPath)
		return err
	})
	if err != nil {
		return nil, err
	}
	err = read(ctx, open, labelsPath, func(r io.Reader) (err error) {
		labels, err = ReadLabels(r, labelsPath)
		return err
	})
	if err != nil {
		return nil, err
	}
	if len(labels) != im.N {
		return nil, &FormatError{
			File:  labelsPath,
			Found: plural(len(labels), "label"),
			Want:  fmt.Sprintf("%d, one for each image of %s", im.N, imagesPath),
			Try:   "the two files do not belong together: replace one",
		}
	}
	d := &Dataset{Rows: im.Rows, Cols: im.Cols, X: make([]float32, len(im.Pixels)), Labels: labels}
	for i, p := range im.Pixels {
		d.X[i] = float32(p) / 255
	}
	return d, nil
}

func read(ctx context.Context, open opener, path string, decode func(io.Reader) error) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("datasets: opening %s: %w", path, err)
	}
	f, err := open(path)
	if err != nil {
		return fmt.Errorf("datasets: %w", err)
	}
	defer f.Close()
	return decode(f)
}
