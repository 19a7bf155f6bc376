package report

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestLayersAreSavedLoadedAndDrawn(t *testing.T) {
	dir := t.TempDir()
	none, err := LoadLayers(dir)
	require.NoError(t, err)
	assert.Nil(t, none)
	run, _ := exampleRun()
	layers := exampleLayers(run)
	assert.Equal(t, []string{"step", "hidden weights", "biases", "hidden weights_se", "biases_se"}, layers.Columns)
	require.NoError(t, SaveLayers(dir, layers))
	more, err := loadExtras(dir)
	require.NoError(t, err)
	assert.Equal(t, csvOf(t, layers), csvOf(t, more.layers))

	p := layersPanel(run, layers)
	require.Len(t, p.series, 2)
	s := p.series[0]
	assert.Equal(t, "hidden weights, 25,000 weights", s.name)
	last := len(s.y) - 1
	assert.InDelta(t, (layers.Rows[last][1]-layers.Rows[1][1])/25000, s.y[last], 1e-15, "since the first that is known, per weight")
	assert.InDelta(t, 2.364624*2*1.4142136/25000, s.hi[last]-s.y[last], 1e-9, "t quantile, 7 degrees of freedom, both ends in quadrature")
	run.Parameters = nil
	assert.Contains(t, layersPanel(run, layers).notes[0], "not known")
}
