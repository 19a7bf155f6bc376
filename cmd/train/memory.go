package main

import (
	"reflect"
	"runtime"

	"calorimeter/datasets"

	"github.com/alecthomas/kong"
)

// maxCount is the largest number that a flag may have which counts something: no machine holds more of anything.
const maxCount = 1 << 40

// demand is what a run keeps in memory at the least.
type demand struct {
	widths   []int   // of the layers, inputs first
	rows     int     // that go through the network at once
	replicas float64 // of all training sets
	kept     float64 // other numbers that each replica keeps
	workers  int     // replicas at the same time, 0: one a processor
}

// weights are those between layers, biases included.
func (d demand) weights() (n float64) {
	for i, w := range d.widths[1:] {
		n += (float64(d.widths[i]) + 1) * float64(w)
	}
	return n
}

// bytes is the memory that the run takes at the least: weights and gradients of each network at work, the values of its
// units, float32; and the weights of each replica, float64.
func (d demand) bytes() float64 {
	workers := d.workers
	if workers == 0 {
		workers = runtime.GOMAXPROCS(0)
	}
	units := 0.0
	for _, w := range d.widths {
		units += float64(w)
	}
	atWork := min(float64(workers), d.replicas) * (2*d.weights() + float64(d.rows)*units)
	return 4*atWork + d.replicas*(8*d.weights()+4*d.kept)
}

// freeMemory is what may be taken; of an unknown machine 1 TiB.
func freeMemory() float64 {
	free := datasets.FreeMemory()
	if free == 0 {
		return 1 << 40
	}
	return free
}

// fits rejects flags that count more numbers than fit in memory: one of them alone, or the rows of all training sets.
func fits(line *kong.Context) error {
	counts := map[string]float64{}
	for _, f := range line.Flags() {
		v := reflect.Indirect(f.Target)
		if !v.CanInt() {
			continue
		}
		counts[f.Name] = float64(v.Int())
		if need := 8 * counts[f.Name]; need > freeMemory() {
			return usagef("--%s is %v: so many numbers take %.3g GB of memory, and %.3g GB are free", f.Name, v, need/1e9,
				freeMemory()/1e9)
		}
	}
	of := func(name string) float64 { return max(1, counts[name]) }
	rows := of("datasets") * max(of("samples"), counts["subset"]+counts["ghosts"], of("replicas")*of("chains"))
	if need := 8 * of("dim") * rows; need > freeMemory() {
		return usagef("%.4g rows of %.4g numbers take %.3g GB of memory, and %.3g GB are free: use smaller sizes", rows,
			of("dim"), need/1e9, freeMemory()/1e9)
	}
	return nil
}

// check rejects a run that would not fit in memory.
func (d demand) check() error {
	free := freeMemory()
	if need := d.bytes(); need > free {
		return usagef("%.4g replicas of layers of %d units, %.3g weights each, with their chains take %.3g GB of memory or "+
			"more, and %.3g GB are free: use smaller sizes", d.replicas, d.widths, d.weights(), need/1e9, free/1e9)
	}
	return nil
}
