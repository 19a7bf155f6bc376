// Command train trains an ensemble of neural networks and measures, while they learn, the work and heat of their
// samples, entropy production, the entropy of their weights, and how much of the training data the weights hold
// (M-info) and a sample expresses (L-info).
//
//	train                        the default run: MADE networks on MNIST digits
//	train --model gaussian       the exactly solvable model
//	train --model swav           an encoder by self-supervision, each step a thermodynamic cycle (also simclr, dino)
//	train validate               hold every estimator against exact systems
//	train experiment NAME        put a claim of the papers to the test (without NAME: which there are)
//	train resume DIR             go on with an interrupted run
//	train sweep --over F=V,...   the job for every value of a flag, side by side
//	train plan --shards N        spread the job, a sweep or an experiment over many tasks or machines; then
//	train shard DIR --index I    one of the tasks, train status DIR how far they are, and
//	train gather DIR             the run folder, as one process would have written it
//	train report DIR...          rebuild the reports of runs, and lay several side by side in one page
//	train --help                 every flag
//	train help VERB              every flag of a verb, or of a model
//	train completion SHELL       completion of verbs, flags and values for bash, zsh or fish
//	train --version              what this program was built from
//
// It prints a table of the curves and the books (what the physics demands of the numbers: pass, cannot tell or fail),
// and writes a run folder: run.json, readings.jsonl, curves.csv, chains.npz, memorization.csv, samples.csv, weights/,
// report.html and figures.
//
// It exits with 0 when all went well, 1 when the run or one of its books failed, 2 when it was asked for something that
// makes no sense, 130 on Ctrl-C, 143 on SIGTERM and 129 on SIGHUP: what was trained is then written, and "train resume
// DIR" goes on from there. A second Ctrl-C ends it at once. A run goes on where nobody reads its output any more.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"

	"calorimeter/instrument/record"

	"golang.org/x/term"
)

// Exit codes. A signal that ends the program makes it exit with exitSignal + its number, as shells say it.
const (
	exitDone   = 0
	exitFailed = 1
	exitUsage  = 2
	exitSignal = 128
)

// streams are where a verb writes.
type streams struct {
	out, err io.Writer
	bare     bool // part of a larger verb: of progress the bar alone is shown, and figures are not drawn
}

// verb is a job that the program does.
type verb func(ctx context.Context, args []string, std streams) error

// usageError marks an error that is the caller's: exit code 2.
type usageError struct{ error }

func (e usageError) Unwrap() error { return e.error }

func usagef(format string, args ...any) error { return usageError{fmt.Errorf(format, args...)} }

// interruptedError marks the end of a verb that was stopped by a signal and has kept all that there is to keep.
type interruptedError struct{ error }

func interruptedf(format string, args ...any) error {
	return interruptedError{fmt.Errorf(format, args...)}
}

// signalled is why a context ended.
type signalled struct{ syscall.Signal }

func (s signalled) Error() string { return s.String() }

func main() {
	ctx, stop := context.WithCancelCause(context.Background())
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	if !signal.Ignored(syscall.SIGHUP) { // as nohup has it
		signal.Notify(signals, syscall.SIGHUP)
	}
	signal.Ignore(syscall.SIGPIPE)
	go func() {
		s, _ := (<-signals).(syscall.Signal)
		signal.Stop(signals) // a second Ctrl-C ends the program at once
		stop(signalled{s})
	}()
	os.Exit(run(ctx, os.Args[1:], streams{out: unheeded{os.Stdout}, err: unheeded{os.Stderr}}))
}

// unheeded is a stream of which nobody may read to the end: what is written to a pipe that was closed, or to a terminal
// that has hung up, is lost, and the program goes on.
type unheeded struct{ file *os.File }

func (u unheeded) Write(p []byte) (int, error) {
	n, err := u.file.Write(p)
	if errors.Is(err, syscall.EPIPE) || errors.Is(err, syscall.EIO) && u.device() {
		return len(p), nil
	}
	return n, err
}

// device tells a terminal, which may have hung up, from a file on a disk that fails.
func (u unheeded) device() bool {
	info, err := u.file.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

// Fd makes a terminal known as one.
func (u unheeded) Fd() uintptr { return u.file.Fd() }

// terminal is the size of the terminal behind a stream in characters a line, if there is one.
func terminal(w io.Writer) (width int, ok bool) {
	file, ok := w.(interface{ Fd() uintptr })
	if !ok || !term.IsTerminal(int(file.Fd())) {
		return 0, false
	}
	width, _, err := term.GetSize(int(file.Fd()))
	return width, err == nil
}

// run carries out one command line and returns its exit code.
func run(ctx context.Context, args []string, std streams) int {
	do, args, err := pick(args)
	if err == nil {
		err = do(ctx, args, std)
	}
	if err != nil && !errors.Is(err, errHelp) {
		fmt.Fprintf(std.err, "train: %s\n", record.Printable(err.Error()))
	}
	return exitCode(ctx, err)
}

// exitCode is what the program exits with after a verb that ended with err.
func exitCode(ctx context.Context, err error) int {
	var stopped signalled
	switch {
	case err == nil || errors.Is(err, errHelp):
		return exitDone
	case errors.As(err, new(interruptedError)) && errors.As(context.Cause(ctx), &stopped):
		return exitSignal + int(stopped.Signal)
	case errors.As(err, new(usageError)):
		return exitUsage
	}
	return exitFailed
}

// verbs are the jobs beside the default one.
func verbs() map[string]verb {
	return map[string]verb{
		"completion": completionVerb,
		"experiment": experimentVerb,
		"gather":     gatherVerb,
		"help":       helpVerb,
		"plan":       planVerb,
		"report":     reportVerb,
		"resume":     resumeVerb,
		"shard":      shardVerb,
		"status":     statusVerb,
		"sweep":      sweepVerb,
		"validate":   validateVerb,
		"version":    versionVerb,
		"--version":  versionVerb,
	}
}

// verbNames lists the words that a command line may begin with.
func verbNames() []string {
	names := slices.Sorted(maps.Keys(verbs()))
	return slices.DeleteFunc(names, func(name string) bool { return strings.HasPrefix(name, "-") })
}

// pick finds the verb of a command line and returns it with the rest of the line.
func pick(args []string) (verb, []string, error) {
	if len(args) == 0 || strings.HasPrefix(args[0], "-") && args[0] != "--version" {
		return trainVerb, args, nil
	}
	do, ok := verbs()[args[0]]
	if !ok {
		return nil, nil, usagef("unknown verb %q: known are %s (see train help)", args[0], strings.Join(verbNames(), ", "))
	}
	return do, args[1:], nil
}
