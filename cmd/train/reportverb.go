package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

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
	runs, experiments, claims, err := foldersOf(f.Dirs, std) // all of them, before any is drawn anew
	if err != nil {
		return usageError{err}
	}
	if len(runs) > 0 {
		err = reportRuns(runs, f.Out, std)
	}
	if err != nil || len(claims) == 0 {
		return err
	}
	if len(runs) > 0 || f.Out == report.ComparisonFile {
		f.Out = report.ClaimsFile
	}
	return reportClaims(experiments, claims, f.Out, std)
}

// foldersOf reads the runs and the experiments in folders. That of a sweep stands for its runs, and files beside run
// folders are passed over.
func foldersOf(dirs []string, std streams) (runs []report.SweepRun, experiments []string, claims []*record.Experiment,
	err error) {
	for len(dirs) > 0 {
		dir := dirs[0]
		dirs = dirs[1:]
		if info, err := os.Stat(dir); err == nil && !info.IsDir() {
			fmt.Fprintf(std.err, "%s is no folder: passed over\n", dir)
			continue
		}
		if _, err := os.Stat(filepath.Join(dir, report.SweepFile)); err == nil {
			of, _ := filepath.Glob(filepath.Join(dir, "*", record.RunFile))
			for i, path := range of {
				of[i] = filepath.Dir(path)
			}
			dirs = slices.Concat(of, dirs)
			continue
		}
		e, err := record.LoadExperiment(dir)
		if err == nil {
			experiments, claims = append(experiments, dir), append(claims, e)
			continue
		}
		if !errors.Is(err, fs.ErrNotExist) {
			return nil, nil, nil, err
		}
		run, history, err := record.Load(dir)
		if err != nil {
			return nil, nil, nil, err
		}
		runs = append(runs, report.SweepRun{Dir: dir, Run: run, History: history})
	}
	if len(runs)+len(claims) == 0 {
		return nil, nil, nil, errors.New("none of these is the folder of a run: name folders that runs wrote")
	}
	return runs, experiments, claims, nil
}

// reportRuns draws the figures and pages of runs anew, and lays several side by side.
func reportRuns(runs []report.SweepRun, page string, std streams) error {
	var dirs []string
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
		dirs = append(dirs, r.Dir)
	}
	if len(dirs) < 2 {
		return nil
	}
	if err := report.WriteComparison(page, dirs); err != nil {
		return err
	}
	fmt.Fprintln(std.out, page)
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
