package record

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
)

// measured are the extensions of files that hold what a run measured. Pages and figures are made of them at any time.
var measured = []string{".csv", ".jsonl", ".json", ".npz", ".safetensors"}

// Seal enters the checksums of the files in the folder dir that hold what the run measured or show its samples: all but
// run.json itself, figures and pages.
func (r *Run) Seal(dir string) error {
	r.Files = nil
	return eachEntry(dir, func(path string, e fs.DirEntry) error {
		name, err := filepath.Rel(dir, path)
		if err != nil || !e.Type().IsRegular() || name == RunFile {
			return err
		}
		shown := slices.ContainsFunc(r.Pictures, func(p Picture) bool { return p.File == name })
		if !shown && !slices.Contains(measured, filepath.Ext(name)) {
			return nil
		}
		sum, err := fileSum(path)
		r.Files = append(r.Files, Setting{Name: filepath.ToSlash(name), Value: sum})
		return err
	})
}

// Changed lists the files in the folder dir that are not as Seal found them, or are missing.
func (r *Run) Changed(dir string) (changed []string, err error) {
	for _, f := range r.Files {
		same, err := r.unchanged(dir, f.Name)
		if err != nil {
			return nil, err
		}
		if !same {
			changed = append(changed, f.Name)
		}
	}
	return changed, nil
}

// unchanged reports whether a file is as Seal found it; so is one that it did not find.
func (r *Run) unchanged(dir, name string) (bool, error) {
	want := r.Files.Of(name)
	if want == "" {
		return true, nil
	}
	sum, err := fileSum(filepath.Join(dir, filepath.FromSlash(name)))
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return sum == want, err
}

// fileSum is the SHA-256 of a file in hexadecimal digits.
func fileSum(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	sum := sha256.New()
	_, err = io.Copy(sum, f)
	return hex.EncodeToString(sum.Sum(nil)), errors.Join(err, f.Close())
}
