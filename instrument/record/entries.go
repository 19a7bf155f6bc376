package record

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// temporary is the name of a file that is being written in the place of name, as a pattern of [os.CreateTemp].
func temporary(name string) string { return "." + name + ".*.tmp" }

func isTemporary(name string) bool {
	return strings.HasPrefix(name, ".") && strings.HasSuffix(name, ".tmp")
}

// eachEntry calls f for what the folder dir and the folders in it hold.
func eachEntry(dir string, f func(path string, e fs.DirEntry) error) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		path := filepath.Join(dir, e.Name())
		if err := f(path, e); err != nil {
			return err
		}
		if !e.IsDir() {
			continue
		}
		within, err := os.ReadDir(path)
		if err != nil {
			return err
		}
		for _, e := range within {
			if err := f(filepath.Join(path, e.Name()), e); err != nil {
				return err
			}
		}
	}
	return nil
}

// checkEntries rejects a run folder in which a name leads elsewhere, where files would be overwritten or shown that are
// not the run's, and one that holds pipes and devices, which may never end.
func checkEntries(dir string) error {
	return eachEntry(dir, func(path string, e fs.DirEntry) error {
		switch {
		case e.Type()&fs.ModeSymlink != 0:
			return fmt.Errorf("%s is a symbolic link: a run folder holds its files itself; put the file in its place", path)
		case !e.IsDir() && !e.Type().IsRegular():
			return fmt.Errorf("%s is not a regular file: remove it", path)
		}
		return nil
	})
}

// removeTemporary removes files that a program was writing when it was killed.
func removeTemporary(dir string) error {
	return eachEntry(dir, func(path string, e fs.DirEntry) error {
		if !isTemporary(e.Name()) || !e.Type().IsRegular() {
			return nil
		}
		if err := os.Remove(path); !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		return nil
	})
}

// RemoveTemporary removes the files of a folder that some program was writing and has not touched for so long: it was
// killed. It does not rely on a lock.
func RemoveTemporary(dir string, untouched time.Duration) error {
	return eachEntry(dir, func(path string, e fs.DirEntry) error {
		info, err := e.Info()
		if err != nil || !isTemporary(e.Name()) || !e.Type().IsRegular() || time.Since(info.ModTime()) < untouched {
			return nil // what is gone meanwhile needs no removal
		}
		os.Remove(path) // by who comes first
		return nil
	})
}
