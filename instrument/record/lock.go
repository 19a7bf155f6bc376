package record

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"syscall"
)

// locked are the locks that this process holds.
var locked sync.Map

// LockFile is there while a process works in a run folder.
const LockFile = "run.lock"

// Lock keeps two programs, or two runs of one, out of one folder, which must exist: until unlock, or until the process
// is dead, another Lock of it is an error that says who works in it. To unlock again does nothing.
func Lock(dir string) (unlock func() error, err error) {
	path, err := filepath.Abs(filepath.Join(dir, LockFile))
	if err != nil {
		return nil, fmt.Errorf("record: %w", err)
	}
	host, _ := os.Hostname()
	mine := fmt.Sprintf("%d %s", os.Getpid(), host)
	for {
		f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o644)
		if err == nil {
			_, err := f.WriteString(mine)
			locked.Store(path, true)
			return sync.OnceValue(func() error {
				locked.Delete(path)
				return os.Remove(path)
			}), errors.Join(err, f.Close())
		}
		if !errors.Is(err, fs.ErrExist) {
			return nil, fmt.Errorf("record: %w", err)
		}
		data, err := os.ReadFile(path)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("record: %w", err)
		}
		var pid int
		var where string
		fmt.Sscan(string(data), &pid, &where) // a lock without a process is one that was not written to its end
		ours := pid == os.Getpid() && where == host
		_, open := locked.Load(path)
		switch {
		case ours && open:
			return nil, fmt.Errorf("record: another run of this program works in %s: end it first", dir)
		case !ours && where != "" && (where != host || alive(pid)):
			return nil, fmt.Errorf("record: another program works in %s (process %d on %s); if it does not, remove %s", dir,
				pid, where, path)
		}
		if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("record: %w", err)
		}
	}
}

// alive reports whether a process of this machine runs.
func alive(pid int) bool {
	p, err := os.FindProcess(pid)
	if err != nil {
		return false
	}
	err = p.Signal(syscall.Signal(0))
	return !zombie(pid) && (err == nil || errors.Is(err, fs.ErrPermission))
}

// zombie reports whether the process has died and waits for its parent to ask how: where that was killed too, in a
// container, nobody may ever ask. Known on Linux alone.
func zombie(pid int) bool {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	state := stat[bytes.LastIndexByte(stat, ')')+1:] // behind the name, which may be anything
	return err == nil && bytes.HasPrefix(state, []byte(" Z"))
}
