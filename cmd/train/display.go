package main

import (
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"calorimeter/instrument/ensemble"
	"calorimeter/instrument/report"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"
)

// display is what a person sees of a run: a progress bar on a terminal, a line an observation elsewhere, then the
// table and the books. Progress goes to standard error.
type display struct {
	json, quiet bool
	out         io.Writer // table and books
	progress    io.Writer
	object      io.Writer // the JSON object
	terminal    bool
	bar         *progressbar.ProgressBar
	work        interface{ Progress() (done, total int64) }
	started     time.Time
	done        chan struct{}
	ticking     sync.WaitGroup
}

func newDisplay(s *settings, std streams) *display {
	d := &display{json: s.JSON, quiet: s.Quiet, out: std.out, progress: std.err, object: std.out}
	if s.JSON {
		d.out = std.err
	}
	if f, ok := std.err.(*os.File); ok {
		d.terminal = term.IsTerminal(int(f.Fd()))
	}
	return d
}

// download shows how a fetched data file comes in.
func (d *display) download(file string, done, total int64) {
	if d.quiet {
		return
	}
	switch {
	case d.terminal && total > 0:
		fmt.Fprintf(d.progress, "\rfetching %s %3.0f %%", file, 100*float64(done)/float64(total))
	case !d.terminal && done == 0:
		fmt.Fprintf(d.progress, "fetching %s\n", file)
	}
	if d.terminal && done == total {
		fmt.Fprintln(d.progress)
	}
}

func (d *display) start(run *report.Run, e *ensemble.Ensemble, data string) {
	d.begin(e, fmt.Sprintf("%d replicas of %s (%d weights, %d of them free) on %s\n%s\nBLAS %s; %d at a time\n",
		run.Datasets*run.Replicas, run.Model, run.Weights, run.FreeWeights, run.Data, data, run.Machine.BLAS, run.Machine.Workers))
}

// begin prints what is trained and starts the bar.
func (d *display) begin(work interface{ Progress() (done, total int64) }, header string) {
	d.work, d.started = work, time.Now()
	if d.quiet {
		return
	}
	fmt.Fprint(d.progress, header)
	if !d.terminal {
		return
	}
	_, total := work.Progress()
	d.bar = progressbar.NewOptions64(total,
		progressbar.OptionSetWriter(d.progress), progressbar.OptionShowIts(), progressbar.OptionSetItsString("steps"),
		progressbar.OptionShowCount(), progressbar.OptionSetPredictTime(true), progressbar.OptionFullWidth(),
		progressbar.OptionThrottle(100*time.Millisecond), progressbar.OptionClearOnFinish())
	d.done = make(chan struct{})
	d.ticking.Go(func() {
		tick := time.NewTicker(200 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				done, _ := work.Progress()
				d.bar.Set64(min(done, total-1))
			case <-d.done:
				return
			}
		}
	})
}

// observed shows the newest numbers.
func (d *display) observed(row *ensemble.Row) {
	d.say(fmt.Sprintf("step %d: train %.1f test %.1f nats, L-info %s",
		row.Step, row.TrainNLL.Value, row.TestNLL.Value, bracket(row.LInfo.Lower.Value, row.LInfo.Upper.Value)))
}

// say shows the newest numbers beside the bar, or on a line of their own.
func (d *display) say(text string) {
	if d.quiet {
		return
	}
	if d.bar != nil {
		d.bar.Describe(text)
		return
	}
	done, total := d.work.Progress()
	elapsed := time.Since(d.started)
	left := time.Duration(float64(elapsed) * (float64(total)/float64(max(done, 1)) - 1))
	fmt.Fprintf(d.progress, "%s (%v, %v left)\n", text, elapsed.Round(100*time.Millisecond), left.Round(time.Second))
}

func bracket(lo, hi float64) string {
	if lo != lo || hi != hi {
		return "unknown"
	}
	return fmt.Sprintf("[%.3g, %.3g]", lo, hi)
}

func (d *display) stop() {
	if d.bar == nil {
		return
	}
	close(d.done)
	d.ticking.Wait()
	d.bar.Finish()
	d.bar = nil
}

// result prints the table, the books and where everything is.
func (d *display) result(f *folder) error {
	if !d.quiet {
		width := 132
		if file, ok := d.out.(*os.File); ok {
			if w, _, err := term.GetSize(int(file.Fd())); err == nil {
				width = w
			}
		}
		fmt.Fprintln(d.out)
		if err := report.Table(d.out, f.run, f.curves, width); err != nil {
			return err
		}
		fmt.Fprintln(d.out)
		if err := report.Books(d.out, f.run.Books); err != nil {
			return err
		}
		if words := f.run.NullWords(); words != "" {
			fmt.Fprintf(d.out, "\n%s\n", words)
		}
		if n := len(f.run.Warnings); n > 0 {
			fmt.Fprintf(d.out, "\nWarnings (%d):\n", n)
			for _, w := range f.run.Warnings {
				fmt.Fprintf(d.out, "- %s\n", w)
			}
		}
		fmt.Fprintf(d.out, "\n%.1f s. Everything is in %s; open %s/%s\n", f.run.Seconds, f.dir, f.dir, report.ReportFile)
	}
	if !d.json {
		return nil
	}
	line, err := report.Summary(f.dir, f.run, f.curves)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(d.object, "%s\n", line)
	return err
}
