package ensemble

import (
	"bufio"
	"crypto/sha256"
	"encoding/gob"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"strings"

	"calorimeter/datasets"
	"calorimeter/instrument/record"
)

// The files of a Lab, beside those of a run folder.
const (
	snapshotFolder = "snapshots" // of a training: dD-rR.gob, its snapshots, and when it is done dD-rR.json, their steps
	partExtension  = ".part"     // of what is being written
)

// labFormat changes with what a snapshot holds, and with how data are told apart.
const labFormat = 2

// identity tells what the folder of a Lab is for: trainings of other settings, or of other data, are not its own.
type identity struct {
	Format                     int
	Datasets, Replicas, Subset int
	Halves                     bool
	Dim                        int
	Seed                       uint64
	Chains, BurnIn, Moves      int
	Follow, FollowMoves        int
	Examples                   int
	Own                        string // the program's own settings
	Pool, HeldOut, Ghosts      string // checksums
}

func (s *LabSettings) identity(pool, heldOut []float32) identity {
	return identity{
		Format: labFormat, Datasets: s.Datasets, Replicas: s.Replicas, Subset: s.Subset, Halves: s.Halves, Dim: s.Dim,
		Seed: s.Seed, Chains: s.Chains, BurnIn: s.BurnIn, Moves: s.Moves, Follow: s.Follow, FollowMoves: s.FollowMoves,
		Examples: s.Examples, Own: s.own(), Pool: datasets.Checksum([][]float32{pool}),
		HeldOut: datasets.Checksum([][]float32{heldOut}), Ghosts: datasets.Checksum([][]float32{s.Ghosts}),
	}
}

// record lists the settings for the record of the run.
func (s *LabSettings) record() (all record.Settings) {
	v := reflect.ValueOf(s.identity(nil, nil))
	for i := range v.NumField() {
		if name := v.Type().Field(i).Name; name != "Format" && v.Field(i).Kind() != reflect.String {
			all = append(all, record.Setting{Name: name, Value: fmt.Sprint(v.Field(i))})
		}
	}
	return append(all, s.Own...)
}

// own writes the program's own settings in a line.
func (s *LabSettings) own() string {
	var words []string
	for _, set := range s.Own {
		words = append(words, set.Name+"="+set.Value)
	}
	return strings.Join(words, " ")
}

// claim makes the folder that of these trainings, or finds that it is.
func claim(dir string, want identity) error {
	path := filepath.Join(dir, record.LabFile)
	data, err := os.ReadFile(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		entries, err := os.ReadDir(dir)
		if err != nil {
			return fmt.Errorf("ensemble: %w", err)
		}
		for _, e := range entries {
			shards := e.Name() == record.LabFile || strings.HasPrefix(e.Name(), "."+record.LabFile) // of another, just now
			if e.Name() != record.LockFile && !shards {
				return fmt.Errorf("ensemble: %s is not the folder of a Lab: it holds %s and no %s; name a new one", dir,
					e.Name(), record.LabFile)
			}
		}
		return writeJSON(path, want)
	case err != nil:
		return fmt.Errorf("ensemble: %w", err)
	}
	var have identity
	if err := json.Unmarshal(data, &have); err != nil {
		return fmt.Errorf("ensemble: %s: %w", path, err)
	}
	if have == want {
		return nil
	}
	var differ string
	a, b := reflect.ValueOf(have), reflect.ValueOf(want)
	for i := range a.NumField() {
		name := a.Type().Field(i).Name
		switch {
		case a.Field(i).Interface() == b.Field(i).Interface():
		case name == "Pool" || name == "HeldOut" || name == "Ghosts":
			differ += fmt.Sprintf("; the examples of %s are others", name)
		default:
			differ += fmt.Sprintf("; %s was %v and is %v", name, a.Field(i), b.Field(i))
		}
	}
	return fmt.Errorf("ensemble: %s holds trainings of other settings%s; name a new folder", dir, differ)
}

func writeJSON(path string, v any) error {
	return record.WriteAtomic(path, func(w io.Writer) error {
		enc := json.NewEncoder(w)
		enc.SetIndent("", "  ")
		return enc.Encode(v)
	})
}

// fileOf is a file of a training.
func (l *Lab) fileOf(s int, extension string) string {
	name := fmt.Sprintf("d%d-r%d%s", s/l.settings.Replicas, s%l.settings.Replicas, extension)
	return filepath.Join(l.dir, snapshotFolder, name)
}

// doneTraining says of a training that is done at which steps it was observed, and what its snapshots are to be.
type doneTraining struct {
	Steps  []int
	Bytes  int64
	SHA256 string
}

// done returns the steps at which a training was observed, nil where it is not done or its snapshots are not whole.
func (l *Lab) done(s int) ([]int, error) {
	d, err := l.result(s)
	if err != nil || d == nil {
		return nil, err
	}
	if info, err := os.Stat(l.fileOf(s, ".gob")); err != nil || info.Size() != d.Bytes {
		return nil, nil
	}
	return d.Steps, nil
}

// result reads what is kept of a training that is done; nil where it is not.
func (l *Lab) result(s int) (*doneTraining, error) {
	path := l.fileOf(s, ".json")
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("ensemble: %w", err)
	}
	d := new(doneTraining)
	if err := json.Unmarshal(data, d); err != nil {
		return nil, fmt.Errorf("ensemble: %s: %w; remove it, and the training is made again", path, err)
	}
	return d, nil
}

// open opens the snapshots of a training that is done, which must be as they were written.
func (l *Lab) open(s int) (*os.File, error) {
	d, err := l.result(s)
	if err != nil {
		return nil, err
	}
	f, err := os.Open(l.fileOf(s, ".gob"))
	if err != nil {
		return nil, fmt.Errorf("ensemble: %w", err)
	}
	sum := sha256.New()
	_, err = io.Copy(sum, f)
	if err == nil && (d == nil || hex.EncodeToString(sum.Sum(nil)) != d.SHA256) {
		err = fmt.Errorf("%w; remove it, and the training is made again", record.ErrDamaged)
	}
	if err == nil {
		_, err = f.Seek(0, io.SeekStart)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("ensemble: %s: %w", f.Name(), err), f.Close())
	}
	return f, nil
}

// snapshotWriter writes the snapshots of a training one after the other, and beside them what else its meter measures,
// into files of its own, which close renames.
type snapshotWriter struct {
	file, own *os.File
	sum       hash.Hash // of the snapshots
	encoder   *gob.Encoder
}

func (l *Lab) newWriter(s int) (*snapshotWriter, error) {
	if err := os.MkdirAll(filepath.Join(l.dir, snapshotFolder), 0o755); err != nil {
		return nil, err
	}
	create := func(extension string) (*os.File, error) {
		return os.CreateTemp(filepath.Join(l.dir, snapshotFolder), filepath.Base(l.fileOf(s, extension))+".*"+partExtension)
	}
	file, err := create(".gob")
	if err != nil {
		return nil, err
	}
	own, err := create(".jsonl")
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	sum := sha256.New()
	return &snapshotWriter{file: file, own: own, sum: sum, encoder: gob.NewEncoder(io.MultiWriter(file, sum))}, nil
}

// close sees to it that all is on the disk, and says what there is of the s-th training.
func (l *Lab) close(w *snapshotWriter, s int, steps []int) error {
	d := doneTraining{Steps: steps, SHA256: hex.EncodeToString(w.sum.Sum(nil))}
	info, err := w.file.Stat()
	if err == nil {
		d.Bytes = info.Size()
	}
	err = errors.Join(err, w.file.Sync(), w.file.Close(), w.own.Close())
	if err != nil {
		return err
	}
	err = errors.Join(os.Rename(w.file.Name(), l.fileOf(s, ".gob")), os.Rename(w.own.Name(), l.fileOf(s, ".jsonl")))
	if err != nil {
		return err
	}
	return writeJSON(l.fileOf(s, ".json"), d)
}

// removeParts removes what programs that were killed have left of trainings.
func (l *Lab) removeParts() error {
	parts, err := filepath.Glob(filepath.Join(l.dir, snapshotFolder, "*"+partExtension))
	for _, path := range parts {
		err = errors.Join(err, os.Remove(path))
	}
	return err
}

// snapshotReaders read the snapshots of many trainings, step by step.
type snapshotReaders struct {
	files    []*os.File
	decoders []*gob.Decoder
}

func (l *Lab) newReaders(trainings int) (*snapshotReaders, error) {
	r := new(snapshotReaders)
	for s := range trainings {
		f, err := l.open(s)
		if err != nil {
			return nil, errors.Join(err, r.close())
		}
		r.files, r.decoders = append(r.files, f), append(r.decoders, gob.NewDecoder(bufio.NewReader(f)))
	}
	return r, nil
}

// next reads the next snapshot of every training.
func (r *snapshotReaders) next() ([]*Snapshot, error) {
	snapshots := make([]*Snapshot, len(r.decoders))
	for s, d := range r.decoders {
		snapshots[s] = new(Snapshot)
		if err := d.Decode(snapshots[s]); err != nil {
			return nil, fmt.Errorf("ensemble: %s: %w", r.files[s].Name(), err)
		}
	}
	return snapshots, nil
}

func (r *snapshotReaders) close() (err error) {
	for _, f := range r.files {
		err = errors.Join(err, f.Close())
	}
	return err
}
