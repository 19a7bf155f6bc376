package main

import (
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// Whatever the command line: no panic, and an error in one line.
func FuzzCommandLine(f *testing.F) {
	for _, line := range []string{
		"--model swav --labels 8 --epsilon 1e-3", "--width 8,4 --lr -1 --steps 4611686018427387904",
		"--model=rbm --particles 0",
		"--model ebm --net conv --width 8,8", "--preprocess pool14,none --data ./x", "--optimizer adam --temperature NaN",
		"--observations 1000000 --steps 1000000000000", "--model conv --width 1,2,3 --shuffle 1",
		"--batch -9223372036854775808",
		"--datasets 1099511627776 --replicas 1099511627776 --chains 1", "--lr= --seed 18446744073709551616", "--out",
		"--lr-schedule step --lr-drops 1099511627776", "-q --json --http :0", "--model made --model rbm", "--over a=b",
	} {
		f.Add(line)
	}
	f.Fuzz(func(t *testing.T, line string) {
		args := strings.Fields(line)
		std := streams{out: io.Discard, err: io.Discard}
		if _, err := parse(args, std); err != nil && err != errHelp {
			require.NotContains(t, err.Error(), "\n")
		}
		if s, err := newSweep([]string{line}, nil, std); err == nil {
			require.NotEmpty(t, s.points)
		}
	})
}
