package validate

import (
	"encoding/json"
	"math"
)

// subject is what a row of either table is about.
type subject struct {
	System     string `json:"system"`
	Parameters string `json:"parameters"`
	Quantity   string `json:"quantity"`
	Estimator  string `json:"estimator"`
	Kind       string `json:"kind"`
}

// MarshalJSON writes {system, parameters, quantity, estimator, kind, truth, estimate, lo, hi, z, n, seconds, warnings,
// outcome}, with null for numbers that are unknown or infinite and an empty list where there is no warning.
func (r Row) MarshalJSON() ([]byte, error) {
	warnings := r.Estimate.Warnings
	if warnings == nil {
		warnings = []string{}
	}
	e := r.Estimate
	return json.Marshal(struct {
		subject
		Truth    *float64 `json:"truth"`
		Estimate *float64 `json:"estimate"`
		Lo       *float64 `json:"lo"`
		Hi       *float64 `json:"hi"`
		Z        *float64 `json:"z"`
		N        *float64 `json:"n"`
		Seconds  float64  `json:"seconds"`
		Warnings []string `json:"warnings"`
		Outcome  string   `json:"outcome"`
	}{
		subject: subject{
			System: r.System, Parameters: r.Posed, Quantity: r.Quantity, Estimator: r.Estimator, Kind: r.Kind.String(),
		},
		Truth: finite(r.Truth), Estimate: finite(e.Value), Lo: finite(e.Lo), Hi: finite(e.Hi),
		Z: finite(r.Z), N: finite(e.N), Seconds: r.Seconds, Warnings: warnings, Outcome: r.Outcome().String(),
	})
}

// MarshalJSON writes {system, parameters, quantity, estimator, kind, repetitions, coverage, lo, hi, mean_z, sd_z,
// warned, warning, outcome}, with null for unknown numbers.
func (c Coverage) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct {
		subject
		Repetitions int      `json:"repetitions"`
		Coverage    *float64 `json:"coverage"`
		Lo          *float64 `json:"lo"`
		Hi          *float64 `json:"hi"`
		MeanZ       *float64 `json:"mean_z"`
		SDZ         *float64 `json:"sd_z"`
		Warned      float64  `json:"warned"`
		Warning     string   `json:"warning"`
		Outcome     string   `json:"outcome"`
	}{
		subject: subject{
			System: c.System, Parameters: c.Posed, Quantity: c.Quantity, Estimator: c.Estimator, Kind: c.Kind.String(),
		},
		Repetitions: c.Repetitions, Coverage: finite(c.Share()), Lo: finite(c.Lo), Hi: finite(c.Hi),
		MeanZ: finite(c.MeanZ), SDZ: finite(c.SDZ), Warned: c.Warned, Warning: c.Warning, Outcome: c.Outcome().String(),
	})
}

func finite(v float64) *float64 {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return nil
	}
	return &v
}
