// Command train trains an ensemble of neural networks and measures, while they learn, the work and heat of their
// samples, entropy production, the entropy of their weights, and how much of the training data the weights hold
// (M-info) and a sample expresses (L-info).
//
//	train                        the default run: MADE networks on MNIST digits
//	train --model gaussian       the exactly solvable model
//	train --model swav           an encoder by self-supervision, each step a thermodynamic cycle (also simclr, dino)
//	train validate               hold every estimator against exact systems
//	train resume DIR             go on with an interrupted run
//	train sweep --over F=V,...   the job for every value of a flag, side by side
//	train report DIR...          rebuild the reports of runs, and lay several side by side in one page
//	train --help                 every flag
//
// It prints a table of the curves and the books (what the physics demands of the numbers: pass, cannot tell or fail),
// and writes a run folder: run.json, readings.jsonl, curves.csv, chains.npz, memorization.csv, samples.csv, weights/,
// report.html and figures. It exits with 0 when all went well, 1 when the run or one of its books failed, 2 when it was
// asked for something that makes no sense.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
)

// Exit codes.
const (
	exitDone   = 0
	exitFailed = 1
	exitUsage  = 2
)

// streams are where a verb writes.
type streams struct {
	out, err io.Writer
}

// usageError marks an error that is the caller's: exit code 2.
type usageError struct{ error }

func (e usageError) Unwrap() error { return e.error }

func usagef(format string, args ...any) error { return usageError{fmt.Errorf(format, args...)} }

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second Ctrl-C ends the program at once
	os.Exit(run(ctx, os.Args[1:], streams{os.Stdout, os.Stderr}))
}

// run carries out one command line and returns its exit code.
func run(ctx context.Context, args []string, std streams) int {
	verb := trainVerb
	if len(args) > 0 {
		if v, ok := verbs[args[0]]; ok {
			verb, args = v, args[1:]
		}
	}
	err := verb(ctx, args, std)
	if err == nil || errors.Is(err, errHelp) {
		return exitDone
	}
	fmt.Fprintf(std.err, "train: %v\n", err)
	if usage := (usageError{}); errors.As(err, &usage) {
		return exitUsage
	}
	return exitFailed
}

// verbs are the jobs beside the default one.
var verbs = map[string]func(ctx context.Context, args []string, std streams) error{
	"report":   reportVerb,
	"resume":   resumeVerb,
	"sweep":    sweepVerb,
	"validate": validateVerb,
}
