package datasets

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// openPath reads data from files.
func openPath(ctx context.Context, path string) (*Split, error) {
	name := filepath.Base(path)
	if abs, err := filepath.Abs(path); err == nil {
		name = filepath.Base(abs)
	}
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		if sets, err := listIDX(filepath.Dir(path)); err == nil && sets[filepath.Base(path)] != nil {
			return sets[filepath.Base(path)].open(ctx, path, name)
		}
		return nil, fmt.Errorf("datasets: there is no file or folder %s; give one that holds images, or one of the names "+
			"%s", path, strings.Join(Names(), ", "))
	case err != nil:
		return nil, fmt.Errorf("datasets: %w", err)
	case info.IsDir():
		return openFolder(ctx, path, name)
	}
	if err := regular(info); err != nil {
		return nil, fmt.Errorf("datasets: %w", err)
	}
	if ext := filepath.Ext(path); ext == ".npy" || ext == ".npz" {
		return openArrays(ctx, path, name)
	}
	return nil, fmt.Errorf("datasets: %s is a file, and none of .npy or .npz; give one of these, or the folder that "+
		"holds IDX files, arrays or PNG images", path)
}

// openFolder reads a folder of IDX files, of arrays, or of images.
func openFolder(ctx context.Context, dir, name string) (*Split, error) {
	sets, err := listIDX(dir)
	switch {
	case err != nil:
		return nil, fmt.Errorf("datasets: %w", err)
	case len(sets) == 1:
		for _, s := range sets {
			return s.open(ctx, dir, name)
		}
	case len(sets) > 1:
		var which []string
		for prefix := range sets {
			which = append(which, filepath.Join(dir, prefix))
		}
		slices.Sort(which)
		return nil, fmt.Errorf("datasets: folder %s holds several sets; name one of %s", dir, strings.Join(which, ", "))
	}
	if arrays, _ := fs.Glob(os.DirFS(dir), "*.npy"); arrays != nil {
		return openArrays(ctx, dir, name)
	}
	if archives, _ := fs.Glob(os.DirFS(dir), "*.npz"); len(archives) == 1 {
		return openArrays(ctx, filepath.Join(dir, archives[0]), name)
	}
	if s, err := openPNG(ctx, dir, name); s != nil || err != nil {
		return s, err
	}
	return nil, fmt.Errorf("datasets: folder %s lacks data: it must hold IDX files (%s; plain or with .gz at the end), "+
		".npy or .npz arrays, or PNG images", dir, strings.Join(files[:], ", "))
}

// opener opens a file by its path.
type opener func(path string) (io.ReadCloser, error)

// openFile opens a regular file: reading another might never end.
func openFile(path string) (io.ReadCloser, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if err := regular(info); err != nil {
		return nil, err
	}
	return os.Open(path)
}

func regular(info fs.FileInfo) error {
	if !info.Mode().IsRegular() {
		return fmt.Errorf("%s is not a regular file (%v): copy its content into one", info.Name(), info.Mode().Type())
	}
	return nil
}

// read opens a file and decodes it.
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

// part is what the files of one part of a set hold: labels may be nil.
type part struct {
	imagesFile, labelsFile string
	images                 *Images
	labels                 []uint8
}

// dataset returns the part as a data set.
func (p *part) dataset(name, origin string) (*Dataset, error) {
	if p.labels != nil && len(p.labels) != p.images.N {
		return nil, &FormatError{
			File:  p.labelsFile,
			Found: plural(len(p.labels), "label"),
			Want:  fmt.Sprintf("%d, one for each image of %s", p.images.N, p.imagesFile),
			Try:   "the two do not belong together: replace one",
		}
	}
	return &Dataset{
		Name: name, Rows: p.images.Rows, Cols: p.images.Cols, X: p.images.Pixels, Labels: p.labels, Origin: origin,
	}, nil
}

// splitOf makes a data set of a training part and a test part; where there is none, a sixth of the other, drawn at
// random and always the same, is the test set.
func splitOf(name, origin string, train, test *part) (*Split, error) {
	d, err := train.dataset(name, origin)
	if err != nil {
		return nil, err
	}
	if test == nil {
		n := d.Len()
		if n < 2 {
			return nil, &FormatError{train.imagesFile, "1 image", "2 or more, for one is held out to test on", "add images"}
		}
		d.Origin += "; a sixth of them, drawn at random, is held out"
		shuffled := choose(n, n, stream(0, forHeldOut, 0))
		held := max(1, n/6)
		slices.Sort(shuffled[:held])
		slices.Sort(shuffled[held:])
		s := &Split{Train: d.Subset(shuffled[held:]), Test: d.Subset(shuffled[:held])}
		return s, s.classify(train)
	}
	s := &Split{Train: d}
	s.Test, err = test.dataset(name, origin)
	if err != nil {
		return nil, err
	}
	if s.Train.Rows != s.Test.Rows || s.Train.Cols != s.Test.Cols {
		return nil, &FormatError{
			File:  test.imagesFile,
			Found: fmt.Sprintf("images of %d x %d", s.Test.Rows, s.Test.Cols),
			Want:  fmt.Sprintf("%d x %d as in %s", s.Train.Rows, s.Train.Cols, train.imagesFile),
			Try:   "the two are of different sets: replace one",
		}
	}
	return s, s.classify(train, test)
}
