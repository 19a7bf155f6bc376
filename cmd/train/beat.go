package main

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"sync"
	"time"

	"calorimeter/instrument/record"
)

// beatFile tells of a shard how far it is, as long as it is trained.
const beatFile = "beat"

// beatEvery is how often it is written; deadAfter the age at which nobody writes it any more.
var (
	beatEvery = 10 * time.Second
	deadAfter = time.Minute
)

// heartbeat is what a shard tells of itself.
type heartbeat struct {
	Status  string    `json:"status"` // running, interrupted, failed or done
	Host    string    `json:"host"`
	Process int       `json:"process"`
	Time    time.Time `json:"time"`
	Done    int64     `json:"done"`  // work, in steps of one replica
	Total   int64     `json:"total"` // in all
	Rate    float64   `json:"rate"`  // steps a second in this sitting
	Error   string    `json:"error,omitempty"`

	dir     string
	job     *job
	from    int64
	started time.Time
	stop    chan struct{}
	ends    sync.WaitGroup
}

// startBeat tells how far a job is until end. A beat that cannot be written is no reason to stop.
func startBeat(dir string, j *job) *heartbeat {
	b := &heartbeat{Status: "running", Process: os.Getpid(), dir: dir, job: j, stop: make(chan struct{})}
	b.Host, _ = os.Hostname()
	b.from, _ = j.engine.Progress()
	b.started = time.Now()
	b.write()
	b.ends.Go(func() {
		tick := time.NewTicker(beatEvery)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				b.write()
			case <-b.stop:
				return
			}
		}
	})
	return b
}

func (b *heartbeat) write() {
	b.Time = time.Now().UTC()
	b.Done, b.Total = b.job.engine.Progress()
	if spent := time.Since(b.started).Seconds(); spent > 0 {
		b.Rate = float64(b.Done-b.from) / spent
	}
	record.WriteAtomic(filepath.Join(b.dir, beatFile), func(w io.Writer) error { return json.NewEncoder(w).Encode(b) })
}

// end says how it ended.
func (b *heartbeat) end(err error) {
	close(b.stop)
	b.ends.Wait()
	switch {
	case err == nil:
		b.Status = "done"
	case errors.Is(err, context.Canceled):
		b.Status = "interrupted"
	default:
		b.Status, b.Error = "failed", err.Error()
	}
	b.write()
}

// readBeat reads what a shard tells of itself.
func readBeat(dir string) (*heartbeat, error) {
	data, err := os.ReadFile(filepath.Join(dir, beatFile))
	if err != nil {
		return nil, err
	}
	b := new(heartbeat)
	return b, json.Unmarshal(data, b)
}
