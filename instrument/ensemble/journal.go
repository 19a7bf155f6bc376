package ensemble

import (
	"context"
	"fmt"
	"slices"

	"calorimeter/instrument/record"
)

// Journal keeps the record of a run while an [Engine] trains: readings, summaries, and what the run as a whole shows.
//
//	journal := ensemble.NewJournal(e, &record.Run{Program: "mine", Model: "net"})
//	err := e.Engine.Run(ctx, func(o ensemble.Observed) error {
//		journal.Enter(o)
//		return journal.Save(dir)
//	})
//	journal.Run.Status = record.Done
//	err = errors.Join(err, journal.Conclude(ctx, 19, seed), journal.Save(dir),
//		report.WriteHTML(dir, journal.Run, journal.History))
type Journal struct {
	Run       *record.Run
	History   *record.History
	Summaries []Summary // of the observations, in order
	Account   Account   // what they show as a whole

	trainee  Trainee
	warnings []record.Warning // of the run itself
	notes    []string
	last     Observed // nil before the first observation of this sitting
}

// NewJournal opens the journal of a run of what is trained. The journal fills in what it declares, measures and shows;
// everything else of the run is the caller's. Warnings and notes that the run has already stay.
func NewJournal(t Trainee, run *record.Run) *Journal {
	run.Quantities = t.Declarations()
	return &Journal{
		Run: run, History: record.NewHistory(run.Quantities), trainee: t,
		warnings: run.Warnings, notes: run.Notes,
	}
}

// Warn enters a warning of the run as a whole.
func (j *Journal) Warn(w record.Warning) {
	j.warnings = append(j.warnings, w)
	j.balance()
}

// Enter keeps an observation.
func (j *Journal) Enter(o Observed) {
	j.keep(o.Summarize(j.Summaries))
	j.last = o
	j.balance()
}

// Retract takes the newest observation back, which was entered and is to be made again.
func (j *Journal) Retract() {
	kept := j.Summaries[:len(j.Summaries)-1]
	j.Summaries, j.last = nil, nil
	j.History, j.Run.Nulls = record.NewHistory(j.Run.Quantities), nil
	for _, s := range kept {
		j.keep(s)
	}
	j.balance()
}

// Restore enters the summaries of an earlier sitting, in order, and what its last observation was read against. It
// returns an error where they are not of what is trained, and then enters nothing.
func (j *Journal) Restore(summaries []Summary, nulls map[string]record.Null) error {
	for n, s := range summaries {
		if err := j.trainee.CheckSummary(n, s); err != nil {
			return fmt.Errorf("ensemble: the saved summary of observation %d does not fit: %w", n, err)
		}
	}
	for _, s := range summaries {
		j.keep(s)
	}
	j.Run.Nulls = nulls
	j.balance()
	return nil
}

func (j *Journal) keep(s Summary) {
	j.Summaries = append(j.Summaries, s)
	j.History.Record(s.Event(j.Run.Quantities)) // a history in memory takes every event
}

// LetGo lets the newest observation go, which may be large and is kept for Conclude alone.
func (j *Journal) LetGo() { j.last = nil }

// Conclude reads the newest observation of this sitting, if there is one, against chance, by so many permutations, and
// lets it go. When ctx ends it returns its error, and nothing is concluded.
func (j *Journal) Conclude(ctx context.Context, permutations int, seed uint64) error {
	if j.last == nil {
		return nil
	}
	nulls, err := j.last.Nulls(ctx, permutations, seed)
	if err != nil {
		return err
	}
	j.Run.Nulls = nulls
	j.LetGo()
	j.balance()
	return nil
}

// balance enters in the run what the observations so far show.
func (j *Journal) balance() {
	r := j.Run
	j.Account = j.trainee.Account(j.Summaries, r.Nulls)
	r.Books = j.Account.Books
	r.Findings = j.Account.Findings
	r.Conclusions = j.Account.Sentences
	readings, reasons := j.History.Warnings()
	r.Warnings, r.Reasons = slices.Concat(j.warnings, j.Account.Warnings, readings), reasons
	r.Notes = slices.Concat(j.notes, j.Account.Notes)
	if j.Account.Remark != "" {
		r.Notes = append(r.Notes, j.Account.Remark)
	}
}

// Save writes the record so far into the folder dir, which must exist: run.json, readings.jsonl, curves.csv,
// diagrams.json.
func (j *Journal) Save(dir string) error {
	for _, save := range []func(dir string) error{
		j.History.Save,
		func(dir string) error { return record.SaveDiagrams(dir, j.Account.Diagrams) },
		j.Run.Save, // last: it says how much there is
	} {
		if err := save(dir); err != nil {
			return err
		}
	}
	return nil
}
