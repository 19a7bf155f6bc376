//go:build !amd64

package vector

var accelerated = false

// What is never called.
func sigmoidAVX2(_, _ *float32, _ int)                                    {}
func bernoulliNLLAVX2(_ *[8]float64, _ *[8]float32, _, _ *float32, _ int) {}
func scaledLessAVX2(_, _ *float32, _ float32, _ int)                      {}
func softplusSumAVX2(_ *[8]float64, _ *[8]float32, _, _ *float32, _ int)  {}
func addMaxAVX2(_, _, _ *float32, _ float32, _ int)                       {}
func gateAVX2(_, _, _, _ *float32, _ int)                                 {}
func accumulateAVX2(_ *float64, _ *float32, _ int)                        {}
func mulAVX2(_, _, _ *float32, _ int)                                     {}
func addAVX2(_, _, _ *float32, _ int)                                     {}
func descendAVX2(_, _ *float32, _ float32, _ int)                         {}
func dotAVX2(_ *[16]float64, _, _ *float32, _ int)                        {}
func distance2AVX2(_ *[16]float64, _, _ *float32, _ int)                  {}
func finiteAVX2(_ *[8]uint32, _ *float32, _ int)                          {}
func gradientAVX2(_ *[16]float64, _ *[8]uint32, _, _ *float32, _ int)     {}
func adam32AVX2(_, _ *float32, _, _ *float64, _ *[10][4]float64, _ int)   {}
func adam64AVX2(_, _ *float64, _, _ *float64, _ *[10][4]float64, _ int)   {}
func exp32AVX2(_ *[4]float64, _ *float64, _ *float32, _ float32, _ int)   {}
func exp64AVX2(_ *[4]float64, _ *float64, _ *float64, _ float64, _ int)   {}
