package datasets

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
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
		images[i] = &Images{N: d.Len(), Rows: d.Rows, Cols: d.Cols, Pixels: d.X}
		if _, err := images[i].bytes(); err != nil {
			return fmt.Errorf("%w (%s)", err, d.Name)
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
