package main

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The jobs of a sweep: every combination of what several flags are over, row by row of flags that change together.
func TestSweepJobs(t *testing.T) {
	for _, c := range []struct{ over, folders []string }{
		{[]string{"width=8,16"}, []string{"width-8", "width-16"}},
		{[]string{"width=8,16", "lr=0.1,0.2"},
			[]string{"width-8_lr-0.1", "width-8_lr-0.2", "width-16_lr-0.1", "width-16_lr-0.2"}},
		{[]string{"width=8,16,lr=0.1,0.2"}, []string{"width-8_lr-0.1", "width-16_lr-0.2"}},
		{[]string{"--width=8+4,lr=0.1", "seed=1,2"}, []string{"width-8+4_lr-0.1_seed-1", "width-8+4_lr-0.1_seed-2"}},
		{[]string{"lr=0.1,0.1,seed=1,2"}, []string{"lr-0.1_seed-1", "lr-0.1_seed-2"}},
		{[]string{"data=a/b,a_b,A_b"}, []string{"data-a_b", "data-a_b_", "data-A_b__"}},
		{[]string{"data=a,a_width-4", "width=4"}, []string{"data-a_width-4", "data-a_width-4_width-4"}},
	} {
		s, err := newSweep(c.over, nil, streams{})
		require.NoError(t, err, c.over)
		var folders []string
		for _, p := range s.points {
			folders = append(folders, p.folder)
		}
		assert.Equal(t, c.folders, folders)
	}
	for want, over := range map[string][]string{
		"2 values of width and 1 of lr":          {"width=8,16,lr=0.1"},
		"--over has lr twice":                    {"lr=0.1,0.2", "lr=0.3"},
		"once only":                              {"width=8,16,8,lr=1,2,1"},
		"each value must be there":               {"width=8,,16"},
		"needs FLAG=VALUE":                       {"width=8", "lr"},
		"10000 at most":                          {"seed=" + many, "lr=" + many, "steps=" + many},
		"--batch 60 is larger than the training": {"subset=50,80", "batch=40,60"},
	} {
		_, err := newSweep(over, nil, streams{})
		assert.ErrorContains(t, err, want)
	}
	_, err := newSweep([]string{"width=8,lr=0.1"}, []string{"--lr", "2"}, streams{})
	assert.ErrorContains(t, err, "--lr is given beside --over width=8,lr=0.1")
}

const many = "1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22"
