//go:build (linux || darwin) && (amd64 || arm64)

package blas

import (
	"os"
	"strings"
	"testing"

	"calorimeter/internal/tile"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestCoreFor(t *testing.T) {
	const config = "OpenBLAS 0.3.21 NO_LAPACKE DYNAMIC_ARCH NO_AFFINITY CORE MAX_THREADS=64"
	for _, core := range []string{"Haswell", "Zen", "SkylakeX", "neoversen1"} {
		assert.Empty(t, coreFor(strings.ReplaceAll(config, "CORE", core)))
	}
	if tile.Available {
		assert.NotEmpty(t, coreFor(strings.ReplaceAll(config, "CORE", coreFallback)), "an SSE3 core on a processor with AVX2")
	}
}

// A library that is loaded must not be left on the fallback kernels of a processor that can do better.
func TestLoadedCore(t *testing.T) {
	_, choice, err := openOpenBLAS()
	if err != nil {
		require.NotContains(t, err.Error(), errWrongProduct.Error())
		t.Skip(err)
	}
	t.Log(choice)
	if os.Getenv(coreVariable) == "" {
		assert.Empty(t, coreFor(choice.Detail))
	}
	assert.Equal(t, 1, choice.Threads)
}

func TestLoadRefuses(t *testing.T) {
	_, err := load("libno-such-library.so")
	require.ErrorContains(t, err, "libno-such-library.so")
	_, err = load("libm.so.6") // a library, but no BLAS
	require.Error(t, err)
}

// A function of another meaning at the place of sgemm is found out before it is used.
func TestCheckRefusesAnotherFunction(t *testing.T) {
	lib, err := loadOnce()
	if err != nil {
		t.Skip(err)
	}
	require.NoError(t, lib.im.check())
	other := &openBLAS{}
	other.f32.gemmEntry = lib.im.f64.gemmEntry
	require.ErrorIs(t, other.check(), errWrongProduct)
}
