package main

import (
	"context"
	"math"
	"path/filepath"
	"testing"

	"calorimeter/datasets"
	"calorimeter/instrument/ensemble"
	"calorimeter/model"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Classifiers have an output for each class of the data, and what their labels can tell is bounded by its logarithm.
func TestClassesAreThoseOfTheData(t *testing.T) {
	for _, c := range []struct{ from, classes int }{{0, 10}, {0, 47}, {1, 26}, {7, 1}} {
		split := &datasets.Split{}
		for _, d := range []**datasets.Dataset{&split.Train, &split.Test} {
			*d = &datasets.Dataset{Rows: 12, Cols: 12, X: make([]float32, 94*144), Labels: make([]uint8, 94)}
			for i := range (*d).Labels {
				(*d).Labels[i] = uint8(c.from + i%c.classes)
			}
		}
		dir := filepath.Join(t.TempDir(), "set")
		require.NoError(t, datasets.WriteFolder(dir, split))
		for _, name := range []string{"mlp", "conv"} {
			o, err := parse([]string{"--model=" + name, "--data=" + dir, "--subset=40", "--datasets=2"}, streams{})
			require.NoError(t, err)
			ex, err := openData(context.Background(), o.(recipe), nil)
			require.NoError(t, err)
			build, err := o.(recipe).network(ex)
			require.NoError(t, err)
			m, err := build()
			require.NoError(t, err)
			assert.Equal(t, max(2, c.classes), m.(model.Classifier).Labels(), name)
			if name == "mlp" { // layer by layer, as the demand has it
				var weights int
				for _, p := range m.Params() {
					weights += p.Shape().TotalSize()
				}
				assert.EqualValues(t, weights, o.(recipe).demand(ex).weights())
			}
			assert.Equal(t, c.from, int(ex.Labels[0]), "labels are shown as they are written")
		}
		o, err := parse([]string{"--model=mlp", "--data=" + dir, "--subset=40", "--datasets=2", "--shuffle=1"}, streams{})
		require.NoError(t, err)
		_, err = openData(context.Background(), o.(recipe), nil)
		require.NoError(t, err)
		h := o.(interface{ config() ensemble.Config }).config().LabelEntropy
		assert.InDelta(t, math.Log(float64(c.classes)), h, 0.05)
		o, err = parse([]string{"--model=swav", "--data=" + dir}, streams{})
		require.NoError(t, err)
		p, err := openPictures(context.Background(), o.(encoder).ssl(), nil)
		require.NoError(t, err)
		assert.Equal(t, []int{0, c.classes - 1}, []int{int(p.sets[0].Labels[0]), int(p.sets[0].Labels[c.classes-1])})
	}
}
