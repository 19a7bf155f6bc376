package validate

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
)

// MarshalJSON writes {system, parameters, quantity, estimator, kind, truth, estimate, lo, hi, z, n, seconds, warnings,
// outcome}, with null for numbers that are unknown or infinite and an empty list where there is no warning.
func (r Row) MarshalJSON() ([]byte, error) {
	e := r.Estimate
	return object("system", r.System, "parameters", r.Posed, "quantity", r.Quantity, "estimator", r.Estimator,
		"kind", r.Kind.String(), "truth", r.Truth, "estimate", e.Value, "lo", e.Lo, "hi", e.Hi, "z", r.Z, "n", e.N,
		"seconds", r.Seconds, "warnings", append([]string{}, e.Warnings...), "outcome", r.Outcome().String())
}

// MarshalJSON writes {system, parameters, quantity, estimator, kind, repetitions, coverage, lo, hi, beyond, mean_z,
// sd_z, warned, warning, outcome}, with null for unknown numbers.
func (c Coverage) MarshalJSON() ([]byte, error) {
	return object("system", c.System, "parameters", c.Posed, "quantity", c.Quantity, "estimator", c.Estimator,
		"kind", c.Kind.String(), "repetitions", c.Repetitions, "coverage", c.Share(), "lo", c.Lo, "hi", c.Hi,
		"beyond", c.Beyond, "mean_z", c.MeanZ, "sd_z", c.SDZ, "warned", c.Warned, "warning", c.Warning,
		"outcome", c.Outcome().String())
}

// object is the JSON of names, each followed by its value.
func object(members ...any) ([]byte, error) {
	var out bytes.Buffer
	for i := 0; i < len(members); i += 2 {
		value := members[i+1]
		if v, ok := value.(float64); ok && (math.IsNaN(v) || math.IsInf(v, 0)) {
			value = nil
		}
		text, err := json.Marshal(value)
		if err != nil {
			return nil, err
		}
		fmt.Fprintf(&out, ",%q:%s", members[i], text)
	}
	return append([]byte{'{'}, append(out.Bytes()[1:], '}')...), nil
}
