package main

import (
	"bytes"
	"context"
	"encoding/csv"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"calorimeter/instrument/ensemble"
	"calorimeter/instrument/record"

	"github.com/stretchr/testify/require"
)

// TestMemorizationIsOrderedAsTheTruth trains classifiers that learn nothing, true labels, and permuted labels, which
// can only be learned by heart: N (ln K - training loss) nats of them, at least.
func TestMemorizationIsOrderedAsTheTruth(t *testing.T) {
	if testing.Short() {
		t.Skip("three runs")
	}
	small := []string{"--model", "mlp", "--datasets", "4", "--replicas", "2", "--subset", "100", "--batch", "20",
		"--observations", "3", "--chains", "50", "--quiet"}
	var held []float64
	var dir string
	for _, c := range []struct{ answer, more string }{
		{answer: "No", more: "--steps 10 --lr 0.0005"},
		{answer: "Yes", more: "--steps 600"},
		{answer: "Yes", more: "--steps 600 --shuffle 0.5"},
		{answer: "Yes", more: "--steps 600 --shuffle 1"},
	} {
		dir = filepath.Join(t.TempDir(), "run")
		var out, errs bytes.Buffer
		args := append(append(small, strings.Fields(c.more)...), "--out", dir)
		require.Equal(t, exitDone, run(context.Background(), args, streams{out: &out, err: &errs}), errs.String())
		r, h, err := record.Load(dir)
		require.NoError(t, err)
		require.Equal(t, c.answer, r.Findings[0].Answer, "%s: %s", c.more, r.Findings[0].Because)
		_, m := h.Last("m_info")
		_, code := h.Last("m_info_labels")
		t.Logf("%-28s M-info %v, label code %v", c.more, m, code)
		held = append(held, m.Value)
		if c.more != "--steps 600 --shuffle 1" {
			require.False(t, code.Known(), "labels that mean something are no code of what is memorized")
			continue
		}
		_, loss := h.Last("train_nll")
		require.InDelta(t, 100*(2.301-loss.Value), code.Value, 0.1, "labels of MNIST have 2.301 nats each")
		require.Greater(t, code.Lo, 100.0, "it has learned labels by heart")
		require.Greater(t, m.Hi, code.Lo, "M-info falls short of a truth")
	}
	require.IsIncreasing(t, held)

	file, err := os.Open(filepath.Join(dir, ensemble.AuditFile))
	require.NoError(t, err)
	defer file.Close()
	lines, err := csv.NewReader(file).ReadAll()
	require.NoError(t, err)
	require.Equal(t, "pool set loss_in loss_out mem mem_se mem_lo mem_hi share label true_label",
		strings.Join(lines[0], " "))
	require.Len(t, lines, 1+4*100)
	share, before := 0.0, math.Inf(1)
	seen := map[string]bool{}
	for _, line := range lines[1:] {
		require.False(t, seen[line[0]], "training sets are disjoint")
		seen[line[0]] = true
		mem, err := strconv.ParseFloat(line[4], 64)
		require.NoError(t, err)
		require.LessOrEqual(t, mem, before, "the most memorized first")
		before = mem
		s, err := strconv.ParseFloat(line[8], 64)
		require.NoError(t, err)
		share += s / 4
	}
	require.InDelta(t, held[3], share, 1e-9, "the shares of a training set add up to M-info")
	require.FileExists(t, filepath.Join(dir, "memorized.png"))
}

// TestHalvesAreAudited trains classifiers on halves of one pool: of each example mem is told from sets that hold it and
// sets that do not, and permuted labels stand out.
func TestHalvesAreAudited(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "run")
	args := strings.Fields("--sets halves --model mlp --datasets 4 --replicas 2 --subset 50 --batch 10 --observations 3" +
		" --chains 20 --steps 400 --shuffle 0.5 --quiet --out")
	var out, errs bytes.Buffer
	require.Equal(t, exitDone, run(context.Background(), append(args, dir), streams{out: &out, err: &errs}), errs.String())
	r, h, err := record.Load(dir)
	require.NoError(t, err)
	require.Equal(t, "Yes", r.Findings[0].Answer)
	require.Contains(t, r.Findings[0].Because, "Asked which 50 of the 100 examples of the pool were trained on")
	require.Contains(t, r.Notes[0], "random halves of 100 of it")
	for _, info := range h.Infos() {
		if info.Name == "cmi" {
			require.InDelta(t, 66.78, info.Ceiling, 0.01, "ln C(100, 50)")
		}
	}
	file, err := os.Open(filepath.Join(dir, ensemble.AuditFile))
	require.NoError(t, err)
	defer file.Close()
	lines, err := csv.NewReader(file).ReadAll()
	require.NoError(t, err)
	require.Len(t, lines, 1+100)
	require.Equal(t, "sets", lines[0][1])
	places := 0
	for _, line := range lines[1:] {
		holders, err := strconv.Atoi(line[1])
		require.NoError(t, err)
		places += holders
		require.Equal(t, holders == 0 || holders == 4, line[4] == "", "mem is of sets with and without the example")
	}
	require.Equal(t, 4*50, places)
	diagrams, err := record.LoadDiagrams(dir)
	require.NoError(t, err)
	require.Equal(t, "label permuted", diagrams[len(diagrams)-1].Lines[0].Name)
	require.Len(t, r.Pictures[len(r.Pictures)-1].Captions, 12)
}
