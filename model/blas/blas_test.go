package blas

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"gonum.org/v1/gonum/blas/blas32"
	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/blas/gonum"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

func TestUse(t *testing.T) {
	defer gorgonia.Use(gonum.Implementation{})
	for _, name := range Names() {
		t.Run(name, func(t *testing.T) {
			gorgonia.Use(gonum.Implementation{})
			choice, err := Use(name)
			if err != nil {
				assert.NotContains(t, []string{"auto", "gonum"}, name)
				assert.ErrorContains(t, err, "blas: "+name+": ")
				assert.Equal(t, gonum.Implementation{}, gorgonia.WhichBLAS(), "installed in spite of the error")
				t.Skip(err)
			}
			t.Log(choice)
			if name != "auto" {
				assert.Equal(t, name, choice.Name)
			}
			im, _, err := open(choice.Name)
			require.NoError(t, err)
			assert.IsType(t, im, gorgonia.WhichBLAS())
			assert.True(t, gorgonia.WhichBLAS() == gorgonia.BLAS(tensor.WhichBLAS()), "Gorgonia and its tensors differ")
			assert.Positive(t, choice.Threads)
			assert.NotEmpty(t, choice.Detail)
			if choice.Name != "gonum" {
				assert.Equal(t, 1, choice.Threads)
			}
			assert.Equal(t, gonum.Implementation{}, blas32.Implementation())
			assert.Equal(t, gonum.Implementation{}, blas64.Implementation())
		})
	}
}

func TestAutoTakesTheFirstThatWorks(t *testing.T) {
	_, choice, err := open("auto")
	require.NoError(t, err)
	for _, name := range Names()[1:] {
		if _, want, err := open(name); err == nil {
			assert.Equal(t, want, choice)
			return
		}
	}
}

func TestUseUnknownName(t *testing.T) {
	_, err := Use("mkl")
	require.Error(t, err)
	assert.Contains(t, err.Error(), `"mkl"`)
	for _, name := range Names() {
		assert.Contains(t, err.Error(), name)
	}
}

func TestChoiceString(t *testing.T) {
	assert.Equal(t, "tile (Go assembly, AVX2 and FMA), 1 thread",
		Choice{Name: "tile", Detail: "Go assembly, AVX2 and FMA", Threads: 1}.String())
	assert.True(t, strings.HasSuffix(Choice{Name: "gonum", Detail: "Go, arm64", Threads: 8}.String(), "8 threads"))
	assert.False(t, slices.Contains(Names(), ""))
}
