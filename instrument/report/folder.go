package report

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"calorimeter/instrument/record"
)

// Folder is the recorder that is a run folder: what a meter reads of a training loop becomes readings, curves, figures
// and a page.
//
//	folder, err := report.NewFolder("", record.Run{Model: "perceptron", Data: "digits", Seed: 1})
//	meter := instrument.New(cost, instrument.Multi(instrument.NewTable(os.Stdout), folder))
//	defer meter.Close() // draws the figures and report.html
//
// The folder is whole at every moment. Each event is appended to readings.jsonl as it comes, which takes some 40 µs;
// run.json and curves.csv are written anew with it as far as one hundredth of the time allows, however many events
// there are. Figures and report.html are drawn by Flush, which Meter.Close calls. A program that is killed leaves a run
// with the status interrupted, of which "train report DIR" draws the page; it is not gone on with: the recorder does
// not know the state of the loop, and another run needs another folder.
//
// One Folder takes the events of one meter, and keeps them in memory too: a few hundred bytes a reading. Two meters
// have a folder each, which "train report DIR DIR" lays side by side. It is not safe for concurrent use, but the folder
// may be read at any time, as package live does.
type Folder struct {
	Dir string // where the folder is
	// Run is what is said of the run: what NewFolder was given, filled in. What is added before Flush, such as notes and
	// conclusions, is in the page; status, times and declarations are the recorder's, and warnings and reasons of readings
	// are added to those that it has.
	Run *record.Run

	history *record.History
	began   time.Time
	last    map[int]int // step, by part
	whole   bool        // readings.jsonl holds every event
	rest    time.Time   // when curves.csv and run.json may be written next
}

// savingShare is the share of the time that writing run.json and curves.csv anew may take: the next time waits until it
// is kept.
const savingShare = 0.01

// NewFolder makes the run folder dir, which must be new or empty, and begins the record of a run in it. Where dir is
// empty it is a new one under runs, named after the model and the time. Whatever run leaves out and the program knows
// by itself is filled in (see [record.Run.FillIn]).
func NewFolder(dir string, run record.Run) (*Folder, error) {
	run.FillIn()
	dir, err := record.MakeFolder(dir, cmp.Or(run.Model, run.Program))
	if err != nil {
		return nil, fmt.Errorf("report: %w", err)
	}
	claim, err := os.OpenFile(filepath.Join(dir, record.RunFile), os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return nil, fmt.Errorf("report: another program has taken the folder %s: name a new one: %w", dir, err)
	}
	claim.Close()
	run.Status, run.Error = record.Interrupted, ""
	f := &Folder{
		Dir: dir, Run: &run, began: time.Now(), last: map[int]int{},
		history: record.NewHistory(run.Quantities),
	}
	if err := f.save(); err != nil {
		return nil, fmt.Errorf("report: %w", err)
	}
	return f, nil
}

// Record implements [record.Recorder]. Steps of a part must rise; that they do not is the sign of two meters.
func (f *Folder) Record(e record.Event) error {
	last, seen := f.last[e.Part]
	if seen && e.Step <= last {
		return fmt.Errorf("folder recorder: step %d after step %d in %s: a folder takes one run of one meter; "+
			"give each meter, and each run that begins again, a new one", e.Step, last, f.Dir)
	}
	f.last[e.Part] = e.Step
	if err := f.take(e); err != nil {
		return fmt.Errorf("folder recorder: %w", err)
	}
	return nil
}

func (f *Folder) take(e record.Event) error {
	declared := len(f.history.Infos())
	if err := f.history.Record(e); err != nil {
		return err
	}
	due := !time.Now().Before(f.rest)
	if f.Run.Status != record.Interrupted { // it was flushed, and goes on
		f.Run.Status, f.Run.Error = record.Interrupted, ""
		due = true
	}
	if len(f.history.Infos()) > declared { // before there is a reading of them
		if err := f.record().Save(f.Dir); err != nil {
			f.whole = false
			return err
		}
		due = true
	}
	if f.whole {
		if err := f.add(e); err != nil {
			f.whole = false
			return err
		}
	}
	if due || !f.whole {
		return f.save()
	}
	return nil
}

// add appends an event to readings.jsonl.
func (f *Folder) add(e record.Event) error {
	file, err := os.OpenFile(filepath.Join(f.Dir, record.ReadingsFile), os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		return err
	}
	return errors.Join(record.NewJSONLines(file).Record(e), file.Close())
}

// save writes what is not appended to, and readings.jsonl where an event is missing in it.
func (f *Folder) save() error {
	from := time.Now()
	defer func() { f.rest = time.Now().Add(time.Duration(float64(time.Since(from)) / savingShare)) }()
	if err := f.record().Save(f.Dir); err != nil {
		return err
	}
	if f.whole {
		return f.history.SaveCurves(f.Dir)
	}
	err := f.history.Save(f.Dir)
	f.whole = err == nil
	return err
}

// record returns the record of the run so far.
func (f *Folder) record() *record.Run {
	run := *f.Run
	run.Quantities = append([]record.Info{}, f.history.Infos()...) // there is a list, if an empty one
	run.Finished = time.Now().UTC().Truncate(time.Second)
	run.Seconds = time.Since(f.began).Round(10 * time.Millisecond).Seconds()
	warnings, reasons := f.history.Warnings()
	run.Warnings = slices.Concat(run.Warnings, warnings)
	for name, reason := range run.Reasons {
		reasons[name] = reason
	}
	run.Reasons = reasons
	return &run
}

// Fail implements [record.Failer]: the run has failed, and its page will say why.
func (f *Folder) Fail(err error) { f.Run.Status, f.Run.Error = record.Failed, err.Error() }

// Flush implements [record.Recorder]: it draws figures and report.html, and says in run.json, which it writes last,
// that the run is done, unless it failed or nothing was recorded.
func (f *Folder) Flush() error {
	if f.Run.Status == record.Interrupted && len(f.history.Events()) > 0 {
		f.Run.Status = record.Done
	}
	run := f.record()
	run.Books = slices.Concat(run.Books, record.Expectations(f.history))
	for _, write := range []func() error{
		func() error { return f.history.Save(f.Dir) },
		func() error { _, err := Figures(f.Dir, run, f.history); return err },
		func() error { return WriteHTML(f.Dir, run, f.history) },
		func() error { return run.Seal(f.Dir) },
		func() error { return run.Save(f.Dir) },
	} {
		if err := write(); err != nil {
			return fmt.Errorf("folder recorder: %w", err)
		}
	}
	return nil
}
