package main

import (
	"fmt"
	"io"
	"sync"
	"time"

	"calorimeter/instrument/record"
	"calorimeter/instrument/report"

	"github.com/schollz/progressbar/v3"
)

// display is what a person sees of a run: a progress bar on a terminal, a line an observation elsewhere, then the
// table and the books. Progress goes to standard error.
type display struct {
	sittingFlags
	out      io.Writer // table and books
	progress io.Writer
	object   io.Writer // the JSON object
	terminal bool
	bare     bool // the bar alone
	bar      *progressbar.ProgressBar
	work     interface{ Progress() (done, total int64) }
	started  time.Time
	from     int64 // work that was done then
	done     chan struct{}
	ticking  sync.WaitGroup
}

func newDisplay(f sittingFlags, std streams) *display {
	d := &display{sittingFlags: f, out: std.out, progress: std.err, object: std.out, bare: std.bare}
	if f.JSON {
		d.out = std.err
	}
	_, d.terminal = terminal(std.err)
	return d
}

// download shows how a fetched data file comes in.
func (d *display) download(file string, done, total int64) {
	if d.Quiet {
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

// begin prints what is trained, and what is odd about it, and starts the bar.
func (d *display) begin(work interface{ Progress() (done, total int64) }, header string, odd []record.Warning) {
	d.work, d.started = work, time.Now()
	d.from, _ = work.Progress()
	if d.Quiet {
		return
	}
	if !d.bare {
		fmt.Fprint(d.progress, header)
		for _, w := range odd {
			fmt.Fprintf(d.progress, "Warning: %s\n", w)
		}
	}
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

// say shows the newest numbers beside the bar, or on a line of their own.
func (d *display) say(text string) {
	if d.Quiet {
		return
	}
	if d.bar != nil {
		d.bar.Describe(text)
		return
	}
	if d.bare {
		return
	}
	done, total := d.work.Progress()
	elapsed := time.Since(d.started)
	left := time.Duration(float64(elapsed) * float64(total-done) / float64(max(done-d.from, 1)))
	fmt.Fprintf(d.progress, "%s (%v, %v left)\n", text, elapsed.Round(100*time.Millisecond), left.Round(time.Second))
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

// result prints the table, the books, the trust and where everything is; in quiet where it is alone.
func (d *display) result(j *job) error {
	run := j.run()
	if !d.Quiet {
		if err := d.tables(j); err != nil {
			return err
		}
		if remark := j.journal.Account.Remark; remark != "" {
			fmt.Fprintf(d.out, "\n%s\n", remark)
		}
		for _, f := range run.Findings {
			fmt.Fprintf(d.out, "\n%v\n", f)
		}
		if n := len(run.Warnings); n > 0 {
			fmt.Fprintf(d.out, "\nWarnings (%d):\n", n)
			for _, w := range run.Warnings {
				fmt.Fprintf(d.out, "- %s\n", w)
			}
		}
		fmt.Fprintf(d.out, "\n%.1f s. Everything is in %s; open %s/%s\n", run.Seconds, j.dir, j.dir, record.ReportFile)
		if j.advice != "" && !d.bare {
			fmt.Fprintln(d.progress, j.advice)
		}
	}
	if d.Quiet && !d.JSON {
		_, err := fmt.Fprintln(d.out, j.dir)
		return err
	}
	if !d.JSON {
		return nil
	}
	line, err := report.Summary(j.dir, run, j.journal.History)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(d.object, "%s\n", line)
	return err
}

// tables prints the curves as wide as the terminal, and the books.
func (d *display) tables(j *job) error {
	width, ok := terminal(d.out)
	if !ok {
		width = 132
	}
	fmt.Fprintln(d.out)
	if err := report.Table(d.out, j.run(), j.journal.History, width); err != nil {
		return err
	}
	fmt.Fprintln(d.out)
	return report.Books(d.out, j.run().Books)
}
