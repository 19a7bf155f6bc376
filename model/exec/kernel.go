package exec

import (
	"fmt"

	"calorimeter/model/op"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// kernel returns the value of an operation: out, filled, or another.
type kernel func(out G.Value, in ...G.Value) (G.Value, error)

// kernelOf returns the kernel of an operation and the buffer that it fills, nil where it makes its own.
func kernelOf(n *G.Node) (kernel, G.Value) {
	if o, ok := n.Op().(*op.Operation); ok {
		return o.UsePreallocDo, newValue(n)
	}
	if n.Dims() > 0 && floats(n) {
		switch fmt.Sprintf("%T", n.Op()) {
		case "gorgonia.linAlgBinOp":
			if do := productOf(n); do != nil {
				return do, newValue(n)
			}
		case "gorgonia.elemBinOp":
			return filledOrMade(n.Op()), newValue(n)
		case "*gorgonia.repeatOp":
			return n.Op().(G.UsePreallocDoer).UsePreallocDo, newValue(n)
		case "gorgonia.elemUnaryOp":
			return inPlace(n.Op().(G.UnsafeDoer)), newValue(n)
		}
	}
	return asOnTape(n), nil
}

// filledOrMade fills the buffer or, where the operation cannot, lets it make a value.
func filledOrMade(o G.Op) kernel {
	return func(out G.Value, in ...G.Value) (G.Value, error) {
		if v, err := o.(G.UsePreallocDoer).UsePreallocDo(out, in...); err == nil {
			return v, nil
		}
		return o.Do(in...)
	}
}

// inPlace copies the input into the buffer, which the operation overwrites.
func inPlace(o G.UnsafeDoer) kernel {
	return func(out G.Value, in ...G.Value) (G.Value, error) {
		if _, err := G.Copy(out, in[0]); err != nil {
			return nil, err
		}
		return o.UnsafeDo(out)
	}
}

// asOnTape runs an operation as a TapeMachine does: some fill memory, which is to be 0 before.
func asOnTape(n *G.Node) kernel {
	o := n.Op()
	if filling, ok := o.(G.UsePreallocDoer); ok && o.CallsExtern() && o.ReturnsPtr() {
		return func(_ G.Value, in ...G.Value) (G.Value, error) { return filling.UsePreallocDo(newValue(n), in...) }
	}
	return func(_ G.Value, in ...G.Value) (G.Value, error) { return o.Do(in...) }
}

// floats says whether the numbers of a node are float32 or float64.
func floats(n *G.Node) bool { return n.Dtype() == tensor.Float32 || n.Dtype() == tensor.Float64 }

// newValue returns zeros of the type and shape of a node.
func newValue(n *G.Node) G.Value {
	switch {
	case n.Dims() > 0:
		return tensor.New(tensor.WithShape(n.Shape()...), tensor.Of(n.Dtype()))
	case n.Dtype() == tensor.Float32:
		return G.NewF32(0)
	}
	return G.NewF64(0)
}
