package ensemble

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/gob"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"

	"calorimeter/instrument/record"
)

// The files of a Lab, beside those of a run folder.
const (
	snapshotFolder = "snapshots" // of a training: dD-rR.gob, its snapshots, and when it is done dD-rR.json, their steps
)

// labFormat changes with what a snapshot holds.
const labFormat = 1

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
		Examples: s.Examples, Own: s.own(), Pool: checksum(pool), HeldOut: checksum(heldOut),
		Ghosts: checksum(s.Ghosts),
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

func checksum(x []float32) string {
	h := sha256.New()
	var b bytes.Buffer
	for chunk := range slices.Chunk(x, 4096) {
		b.Reset()
		if err := gob.NewEncoder(&b).Encode(chunk); err != nil {
			panic("ensemble: numbers that cannot be encoded: " + err.Error())
		}
		h.Write(b.Bytes())
	}
	return hex.EncodeToString(h.Sum(nil))
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
			if e.Name() != record.LockFile {
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

// doneTraining says of a training that is done at which steps it was observed, and how long its snapshots are.
type doneTraining struct {
	Steps []int
	Bytes int64
}

// done returns the steps at which a training was observed, nil where it is not done or its snapshots are not whole.
func (l *Lab) done(s int) ([]int, error) {
	path := l.fileOf(s, ".json")
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("ensemble: %w", err)
	}
	var d doneTraining
	if err := json.Unmarshal(data, &d); err != nil {
		return nil, fmt.Errorf("ensemble: %s: %w; remove it, and the training is made again", path, err)
	}
	if info, err := os.Stat(l.fileOf(s, ".gob")); err != nil || info.Size() != d.Bytes {
		return nil, nil
	}
	return d.Steps, nil
}

// snapshotWriter writes the snapshots of a training one after the other, and beside them what else its meter measures.
type snapshotWriter struct {
	file, own *os.File
	encoder   *gob.Encoder
}

func (l *Lab) newWriter(s int) (*snapshotWriter, error) {
	if err := os.MkdirAll(filepath.Join(l.dir, snapshotFolder), 0o755); err != nil {
		return nil, err
	}
	file, err := os.Create(l.fileOf(s, ".gob"))
	if err != nil {
		return nil, err
	}
	own, err := os.Create(l.fileOf(s, ".jsonl"))
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return &snapshotWriter{file: file, own: own, encoder: gob.NewEncoder(file)}, nil
}

// close sees to it that all is on the disk, and returns how many bytes the snapshots take.
func (w *snapshotWriter) close() (size int64, err error) {
	info, err := w.file.Stat()
	if err == nil {
		size = info.Size()
	}
	return size, errors.Join(err, w.file.Sync(), w.file.Close(), w.own.Close())
}

// snapshotReaders read the snapshots of many trainings, step by step.
type snapshotReaders struct {
	files    []*os.File
	decoders []*gob.Decoder
}

func (l *Lab) newReaders(trainings int) (*snapshotReaders, error) {
	r := new(snapshotReaders)
	for s := range trainings {
		f, err := os.Open(l.fileOf(s, ".gob"))
		if err != nil {
			return nil, errors.Join(fmt.Errorf("ensemble: %w", err), r.close())
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
