package main

import (
	"bytes"
	"encoding/gob"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"calorimeter/instrument/ensemble"
	"calorimeter/instrument/record"
)

// The files that an unfinished run needs to go on; a finished run has none. The state before is there until the newest
// is whole.
const (
	stateFile   = "state.gob"
	stateBefore = "state-before.gob"
)

// stateKind changes with what a saved state holds.
const stateKind = "state of train, format 6"

// stateEvery is how often the state is written while a run goes on, in case it is killed.
var stateEvery = 10 * time.Second

// state is an unfinished run, wherever it is in training.
type state struct {
	Settings    record.Settings // that the command line of the run must give again
	Fingerprint record.Settings // of the data
	Engine      ensemble.Saved
	Summaries   []ensemble.Summary
	Nulls       map[string]record.Null // of the last observation that there is to make
	Elapsed     time.Duration
	Version     string           // of the program that saved it
	BLAS        string           // that it rounds with
	Changes     []record.Warning // of these since the run began
	Made        []maker          // of a shard: all that it was trained with
}

// saveState writes the state.
func (j *job) saveState() error {
	s := state{
		Settings: j.settings, Fingerprint: j.run().Fingerprint, Engine: j.engine.Saved(),
		Summaries: j.journal.Summaries, Nulls: j.run().Nulls, Elapsed: j.elapsed(), Version: j.run().Version,
		BLAS: j.run().Machine.BLAS, Changes: j.changes,
	}
	return writeState(j.dir, s)
}

// writeState writes a state into a folder, beside the one before.
func writeState(dir string, s state) error {
	path := filepath.Join(dir, stateFile)
	if err := os.Rename(path, filepath.Join(dir, stateBefore)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return record.WriteSealed(path, stateKind, func(w io.Writer) error { return gob.NewEncoder(w).Encode(s) })
}

// removeState clears the state of a run away that does not need one any more.
func (j *job) removeState() (err error) {
	for _, name := range []string{stateFile, stateBefore} {
		if gone := os.Remove(filepath.Join(j.dir, name)); !errors.Is(gone, fs.ErrNotExist) {
			err = errors.Join(err, gone)
		}
	}
	return err
}

// readState returns the newest state in a run folder that is whole, nil where none was saved. instead says what is
// wrong with a newer one; empty if nothing is.
func readState(dir string) (s *state, instead string, err error) {
	for _, name := range []string{stateFile, stateBefore} {
		path := filepath.Join(dir, name)
		content, unread := record.ReadSealed(path, stateKind)
		if unread == nil {
			s, unread = decodeState(content, path)
		}
		switch {
		case unread == nil && err != nil:
			return s, fmt.Sprintf("%v: going on from %s", err, stateBefore), nil
		case unread == nil:
			return s, "", nil
		case !errors.Is(unread, fs.ErrNotExist) && err == nil:
			err = unread
		}
	}
	if err != nil {
		return nil, "", usagef("%w, and there is no other to go on from: train anew", err)
	}
	return nil, "", nil
}

// decodeState reads the content of a state file.
func decodeState(content []byte, path string) (*state, error) {
	s := new(state)
	if err := gob.NewDecoder(bytes.NewReader(content)).Decode(s); err != nil {
		return nil, fmt.Errorf("%s cannot be read: %w", path, err)
	}
	return s, nil
}

// restore puts a new job in a state that was saved of its run.
func (j *job) restore(s *state) error {
	if differ := s.Fingerprint.Differing(j.run().Fingerprint); len(differ) > 0 {
		return fmt.Errorf("the %s of %s are not those that the run began with: put them back, or train anew",
			differ[0].Name, j.run().Data)
	}
	err := j.engine.Restore(s.Engine)
	if err == nil && len(s.Summaries) != s.Engine.Observed {
		err = fmt.Errorf("%d observations of %d are described", len(s.Summaries), s.Engine.Observed)
	}
	if err == nil {
		err = j.journal.Restore(s.Summaries, s.Nulls)
	}
	if err != nil {
		return fmt.Errorf("%s: %w; it is not of this run", stateFile, err)
	}
	j.earlier, j.changes = s.Elapsed, s.Changes
	now := j.run()
	if now.Machine.BLAS != s.BLAS {
		j.changed("begun with BLAS %s and resumed with %s, which rounds differently", s.BLAS, now.Machine.BLAS)
	}
	if now.Version != s.Version {
		j.changed("begun with version %s of the program and resumed with %s, which may compute otherwise", s.Version,
			now.Version)
	}
	for _, w := range j.changes {
		j.journal.Warn(w)
	}
	return nil
}

// changed notes a change between two sittings.
func (j *job) changed(format string, args ...any) {
	j.changes = append(j.changes, record.Warning{Text: fmt.Sprintf(format, args...)})
}
