package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"text/tabwriter"
	"time"

	"calorimeter/instrument/record"

	"github.com/alecthomas/kong"
)

const statusHelp = "Show how far the shards of a plan are: done, running, dead (nothing was heard of them for a " +
	"minute, by the clocks of their machines), failed, interrupted or waiting; steps, rate and time left."

// shardStatus is how far a shard is.
type shardStatus struct {
	Index  int     `json:"index"`
	Folder string  `json:"folder"` // of the run
	Status string  `json:"status"`
	Done   int64   `json:"done"`  // work, in steps of one replica
	Total  int64   `json:"total"` // in all; 0 before it has begun
	Rate   float64 `json:"rate"`  // steps a second; 0 where it does not run
	Left   float64 `json:"left"`  // seconds; 0 where it does not run
	Host   string  `json:"host"`
	Error  string  `json:"error,omitempty"`
}

// statusVerb shows how far the shards of a plan are.
func statusVerb(_ context.Context, args []string, std streams) error {
	var f struct {
		Dir  string `arg:"" help:"Folder of the plan."`
		JSON bool   `name:"json" help:"One JSON object on standard output."`
	}
	_, err := parseLine(&f, args, std, "train status", kong.Name("train status"), kong.Description(statusHelp))
	if err != nil {
		return err
	}
	p, err := readPlan(f.Dir)
	if err != nil {
		return err
	}
	var all []shardStatus
	counts := map[string]int{}
	for i := range p.shards() {
		s, err := p.shard(i).status(time.Now())
		if err != nil {
			return err
		}
		s.Index = i
		all = append(all, s)
		counts[s.Status]++
	}
	gathered := p.gathered()
	if f.JSON {
		return json.NewEncoder(std.out).Encode(map[string]any{
			"folder": p.dir, "shards": all, "counts": counts, "runs": len(p.Jobs), "gathered": gathered,
		})
	}
	w := tabwriter.NewWriter(std.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "shard\trun\tstatus\tsteps\trate\tleft\twhere")
	for _, s := range all {
		fmt.Fprintf(w, "%d\t%s\t%s\t%s\t%s\t%s\t%s\n", s.Index, s.Folder, s.Status, s.steps(), s.rate(), s.left(),
			record.Printable(cmp.Or(s.Error, s.Host)))
	}
	if err := w.Flush(); err != nil {
		return err
	}
	_, err = fmt.Fprintf(std.out, "%d of %d shards are done; %d of %d runs are gathered\n", counts["done"], len(all),
		gathered, len(p.Jobs))
	return err
}

// status reads how far a shard is.
func (s *shard) status(now time.Time) (shardStatus, error) {
	st := shardStatus{Folder: s.task.Folder, Status: "waiting"}
	b, err := readBeat(s.dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return st, err
	default:
		st.Host = b.Host
		st.Status, st.Error = b.Status, b.Error
		st.Done, st.Total = b.Done, b.Total
		if b.Status == "running" && now.Sub(b.Time) > deadAfter {
			st.Status = "dead"
		}
		if st.Status == "running" && b.Rate > 0 {
			st.Rate, st.Left = b.Rate, float64(b.Total-b.Done)/b.Rate
		}
	}
	_, err = s.done()
	switch {
	case err == nil:
		st.Status, st.Error = "done", ""
	case !errors.Is(err, fs.ErrNotExist):
		st.Status, st.Error = "failed", err.Error()
	}
	return st, nil
}

func (s shardStatus) steps() string {
	if s.Total == 0 {
		return "-"
	}
	return fmt.Sprintf("%d of %d", s.Done, s.Total)
}

func (s shardStatus) rate() string {
	if s.Rate == 0 {
		return "-"
	}
	return fmt.Sprintf("%.3g/s", s.Rate)
}

func (s shardStatus) left() string {
	if s.Rate == 0 {
		return "-"
	}
	return (time.Duration(s.Left) * time.Second).String()
}
