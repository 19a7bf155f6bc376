package testsystems

import (
	"fmt"
	"math"
)

// must panics on parameters that a Validate method refuses.
func must(err error) {
	if err != nil {
		panic(err.Error())
	}
}

// demand returns an error that names a parameter, its value and what is wanted of it, unless ok.
func demand(ok bool, name string, value any, want string) error {
	if ok {
		return nil
	}
	return fmt.Errorf("testsystems: %s = %v: %s", name, value, want)
}

// positive reports whether x is finite and > 0.
func positive(x float64) bool { return x > 0 && !math.IsInf(x, 1) }

// nonNegative reports whether x is finite and >= 0.
func nonNegative(x float64) bool { return x >= 0 && !math.IsInf(x, 1) }

// finite reports whether x is neither NaN nor infinite.
func finite(x float64) bool { return !math.IsNaN(x) && !math.IsInf(x, 0) }
