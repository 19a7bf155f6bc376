package main

import (
	"encoding/binary"
	"fmt"
	"io"
	"maps"
	"math"
	"os"
	"path/filepath"

	"calorimeter/instrument/record"

	"github.com/nlpodyssey/safetensors"
)

// weights are one parameter of a network.
type weights struct {
	name   string
	shape  []int
	values []float64
	double bool // else float32, which float64 holds exactly
}

// saveWeights writes weights/NAME.safetensors into a run folder; of says which replica it is, and when.
func saveWeights(folder string, run *record.Run, name string, all []weights, of map[string]string) error {
	dir := filepath.Join(folder, "weights")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	views := map[string]safetensors.TensorView{}
	for _, w := range all {
		view, err := w.view()
		if err != nil {
			return err
		}
		views[w.name] = view
	}
	notes := map[string]string{"model": run.Model, "seed": fmt.Sprint(run.Seed)}
	maps.Copy(notes, of)
	return record.WriteAtomic(filepath.Join(dir, name+".safetensors"), func(w io.Writer) error {
		return safetensors.SerializeToWriter(views, notes, w)
	})
}

func (w weights) view() (safetensors.TensorView, error) {
	var shape []uint64
	for _, n := range w.shape {
		shape = append(shape, uint64(n))
	}
	var data []byte
	if w.double {
		for _, v := range w.values {
			data = binary.LittleEndian.AppendUint64(data, math.Float64bits(v))
		}
		return safetensors.NewTensorView(safetensors.F64, shape, data)
	}
	for _, v := range w.values {
		data = binary.LittleEndian.AppendUint32(data, math.Float32bits(float32(v)))
	}
	return safetensors.NewTensorView(safetensors.F32, shape, data)
}
