package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"calorimeter/instrument/record"
	"calorimeter/instrument/report"

	"github.com/alecthomas/kong"
)

// reportVerb rebuilds figures and report.html of runs from what they recorded, and lays several runs side by side.
func reportVerb(_ context.Context, args []string, std streams) error {
	var f struct {
		Dirs []string `arg:"" name:"dir" help:"Run folders."`
		Out  string   `default:"${comparison}" help:"Page that lays several runs side by side."`
	}
	_, err := parseLine(&f, args, std, "train report", kong.Name("train report"),
		kong.Vars{"comparison": report.ComparisonFile},
		kong.Description("Rebuild the figures and report.html of runs from the data in their folders; "+
			"several runs are also laid side by side in one page."))
	if err != nil {
		return err
	}
	if claims, err := claimsOf(f.Dirs); err != nil || claims != nil {
		if err != nil {
			return usageError{err}
		}
		if f.Out == report.ComparisonFile {
			f.Out = report.ClaimsFile
		}
		return reportClaims(f.Dirs, claims, f.Out, std)
	}
	var runs []report.SweepRun // all of them, before any is drawn anew
	for _, dir := range f.Dirs {
		run, history, err := record.Load(dir)
		if _, missing := os.Stat(filepath.Join(dir, report.SweepFile)); err != nil && missing == nil {
			return usagef("%s is the folder of a sweep: report its runs, %s", dir, filepath.Join(dir, "*/"))
		}
		if err != nil {
			return usageError{err}
		}
		runs = append(runs, report.SweepRun{Dir: dir, Run: run, History: history})
	}
	for _, r := range runs {
		if err := mend(r, std); err != nil {
			return err
		}
		if _, err := report.Figures(r.Dir, r.Run, r.History); err != nil {
			return err
		}
		if err := report.WriteHTML(r.Dir, r.Run, r.History); err != nil {
			return err
		}
		fmt.Fprintf(std.out, "%s/%s\n", r.Dir, record.ReportFile)
	}
	if len(f.Dirs) < 2 {
		return nil
	}
	if err := report.WriteComparison(f.Out, f.Dirs); err != nil {
		return err
	}
	fmt.Fprintln(std.out, f.Out)
	return nil
}

// mend rebuilds what can be rebuilt of the files of a run, and names what is not as the run wrote it.
func mend(r report.SweepRun, std streams) error {
	changed, err := r.Run.Changed(r.Dir)
	if err != nil {
		return err
	}
	if r.Run.Status != record.Done { // its last readings may be missing in the view of them
		return r.History.SaveCurves(r.Dir)
	}
	for _, name := range changed {
		what := "is missing, or not as the run wrote it"
		if name == record.CurvesFile {
			what += ": rebuilt from " + record.ReadingsFile
			if err := r.History.SaveCurves(r.Dir); err != nil {
				return err
			}
		}
		fmt.Fprintf(std.err, "%s %s\n", filepath.Join(r.Dir, name), what)
	}
	return nil
}

// claimsOf reads the experiments in the folders; nil where the first is none.
func claimsOf(dirs []string) (claims []*record.Experiment, err error) {
	for i, dir := range dirs {
		e, err := record.LoadExperiment(dir)
		if errors.Is(err, fs.ErrNotExist) && i == 0 {
			return nil, nil
		}
		if err != nil {
			return nil, err
		}
		claims = append(claims, e)
	}
	return claims, nil
}

// reportClaims draws the figures and pages of experiments anew, and lays several side by side.
func reportClaims(dirs []string, claims []*record.Experiment, page string, std streams) error {
	for i, e := range claims {
		if _, err := report.WriteExperiment(dirs[i], e); err != nil {
			return err
		}
		fmt.Fprintf(std.out, "%s/%s\n", dirs[i], record.ExperimentPage)
	}
	if len(claims) < 2 {
		return nil
	}
	if err := report.WriteClaims(page, dirs); err != nil {
		return err
	}
	fmt.Fprintln(std.out, page)
	return nil
}
