package record

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"
)

// LockFile is there while a process works in a run folder, and says which and since when.
const LockFile = "run.lock"

// Lock keeps two programs, or two runs of one, out of one folder, which must exist: until unlock, or until the process
// is dead, another Lock of it is an error that says who works in it, and since when. Whoever has it finds no temporary
// files there of programs that were killed. A folder that holds symbolic links is refused. To unlock again does
// nothing.
//
// The system holds the lock, and lets go of it when the process ends, whatever ended it. Where it has no such locks the
// folder is not kept.
func Lock(dir string) (unlock func() error, err error) {
	if err := checkEntries(dir); err != nil {
		return nil, fmt.Errorf("record: %w", err)
	}
	path := filepath.Join(dir, LockFile)
	for {
		f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o644)
		if err != nil {
			return nil, fmt.Errorf("record: %w", err)
		}
		if err := flock(f); err != nil && !errors.Is(err, errors.ErrUnsupported) {
			return nil, errors.Join(occupied(dir, path, err), f.Close())
		}
		held, err := f.Stat()
		there, gone := os.Stat(path)
		if err == nil && (gone != nil || !os.SameFile(held, there)) { // who had it before has just let go of it
			f.Close()
			continue
		}
		err = errors.Join(err, removeTemporary(dir), own(f))
		if err != nil {
			return nil, errors.Join(fmt.Errorf("record: %w", err), f.Close())
		}
		return sync.OnceValue(func() error {
			os.Remove(path) // what stays behind locks nobody out
			return f.Close()
		}), nil
	}
}

// own writes into a lock whose it is.
func own(f *os.File) error {
	host, _ := os.Hostname()
	if err := f.Truncate(0); err != nil {
		return err
	}
	_, err := fmt.Fprintf(f, "%d %s %s\n", os.Getpid(), host, time.Now().UTC().Format(time.RFC3339))
	return err
}

// occupied is the error about a lock that could not be had.
func occupied(dir, path string, failed error) error {
	data, err := os.ReadFile(path)
	if err != nil {
		return fmt.Errorf("record: cannot lock %s: %w", dir, failed)
	}
	var pid int
	var host, since string
	fmt.Sscan(string(data), &pid, &host, &since)
	who := fmt.Sprintf("another program works in %s (process %d on %s, since %s)", dir, pid, host, since)
	if here, _ := os.Hostname(); pid == os.Getpid() && host == here {
		who = fmt.Sprintf("another run of this program works in %s (since %s)", dir, since)
	}
	return fmt.Errorf("record: %s: end it first, or wait for it", who)
}
