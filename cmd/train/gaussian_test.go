package main

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"calorimeter/instrument"
	"calorimeter/instrument/record"
	"calorimeter/instrument/testsystems"

	"github.com/stretchr/testify/require"
	"gonum.org/v1/gonum/stat"
)

// TestGaussianModelAgreesWithItsTruth runs the program on the exactly solvable model with 64 training sets and 4
// replicas, over 6 seeds, and holds what it prints against closed forms. An estimate of the truth must be unbiased
// over seeds and within 3 standard errors at all but one; a pair of bounds must bracket the truth, tightly.
//
// Deliberate errors that it caught: Langevin noise of variance r T instead of 2 r T; half the learning rate; work with
// its sign turned; replicas of one training set counted as independent; one example of a full batch taken twice.
func TestGaussianModelAgreesWithItsTruth(t *testing.T) {
	if testing.Short() {
		t.Skip("6 runs of 256 networks")
	}
	const seeds, steps, observations = 6, 40, 3
	system := testsystems.GaussianPPM{
		Dim: 2, Sigma: 1, DataSigma: 1.2, InitVar: 0.01, Subset: 5, Rate: 0.1, Temperature: 0.02, Steps: steps,
	}
	observed := instrument.LogSteps(1, steps, observations)
	work := system.CumulativeWork(observed)
	truths := map[string]float64{
		"work":            work[len(work)-1],
		"s_theta":         system.EntropyTheta(steps),
		"m_info_gauss":    system.MInfo(steps),
		"s_x_given_theta": system.EntropyXGivenTheta(),
	}
	brackets := map[string]float64{"l_info": system.LInfo(steps), "x_info": system.XInfo(steps)}

	z := map[string][]float64{}
	for seed := 1; seed <= seeds; seed++ {
		final := finalRow(t, "--model", "gaussian", "--seed", fmt.Sprint(seed), "--datasets", "64", "--replicas", "4",
			"--dim", "2", "--data-sigma", "1.2", "--subset", "5", "--steps", fmt.Sprint(steps),
			"--observations", fmt.Sprint(observations), "--chains", "8", "--test-size", "50")
		for name, truth := range truths {
			z[name] = append(z[name], (final[name]-truth)/final[name+"_se"])
		}
		for name, truth := range brackets {
			lo, hi := final[name+"_lo"], final[name+"_hi"]
			require.Less(t, lo-3*final[name+"_lo_se"], truth, "%s of seed %d", name, seed)
			require.Greater(t, hi+3*final[name+"_hi_se"], truth, "%s of seed %d", name, seed)
			z[name+"_lo"] = append(z[name+"_lo"], (lo-truth)/final[name+"_lo_se"])
			z[name+"_hi"] = append(z[name+"_hi"], (hi-truth)/final[name+"_hi_se"])
			require.Less(t, hi-lo, 0.15*truth, "%s of seed %d: bounds too far apart to tell anything", name, seed)
		}
	}
	for name, values := range z {
		mean, sd := stat.MeanStdDev(values, nil)
		t.Logf("%-16s mean z %+.2f, sd %.2f", name, mean, sd)
		beyond := 0
		for _, v := range values {
			if math.Abs(v) > 3 {
				beyond++
			}
		}
		require.LessOrEqual(t, beyond, 1, "%s: seeds beyond 3 standard errors: %v", name, values)
		switch name {
		case "l_info_lo", "x_info_lo":
			require.Less(t, mean, 3/math.Sqrt(seeds), name)
		case "l_info_hi", "x_info_hi":
			require.Greater(t, mean, -3/math.Sqrt(seeds), name)
		default:
			require.Less(t, math.Abs(mean), 3/math.Sqrt(seeds), "%s is biased", name)
			require.InDelta(t, 1, sd, 0.6, "the standard error of %s", name)
		}
	}
}

// finalRow runs the program and returns the last row of its curves as --json gives it, which must be that of
// curves.csv.
func finalRow(t *testing.T, args ...string) map[string]float64 {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "run")
	var out, errs bytes.Buffer
	code := run(context.Background(), append(args, "--json", "--quiet", "--out", dir), streams{out: &out, err: &errs})
	require.Contains(t, []int{exitDone, exitFailed}, code, errs.String())
	var result struct {
		Final map[string]*float64
		Books []record.Check
	}
	require.NoError(t, json.Unmarshal(out.Bytes(), &result), out.String())
	for _, c := range result.Books {
		require.NotEqual(t, record.Fail, c.Verdict, "%+v", c)
	}
	file, err := os.Open(filepath.Join(dir, record.CurvesFile))
	require.NoError(t, err)
	defer file.Close()
	rows, err := csv.NewReader(file).ReadAll()
	require.NoError(t, err)
	require.NotEmpty(t, result.Final)
	final := map[string]float64{}
	for i, name := range rows[0] {
		if v := result.Final[name]; v != nil {
			last, err := strconv.ParseFloat(rows[len(rows)-1][i], 64)
			require.NoError(t, err, name)
			require.Equal(t, last, *v, name)
			final[name] = *v
		}
	}
	return final
}
