package model

import (
	"fmt"
	"hash"

	"github.com/chewxy/hm"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// patches is the Gorgonia operation that turns a convolution into a matrix product (im2col): of images, a matrix of any
// shape whose elements are image after image, row after row, pixel after pixel, the channels of a pixel side by side,
// it returns a matrix with one row a place of a window x window patch, its columns the patch in the same order:
//
//	images (b side side x channels) -> (b out out x window window channels),   out = (side + 2 pad - window)/stride + 1,
//
// so that the product with a matrix window^2 channels x filters is the convolution, itself such images. Beyond the edge
// there are zeros. Gorgonia's own Conv2d keeps channels apart, and must transpose every image.
//
// It is linear; its derivative is the adjoint, which adds the columns back to the pixels they came from.
type patches struct {
	side, channels, window, pad, stride, out int
	runs                                     []run // of one image
}

// run is n elements that are side by side in the image and in the patches.
type run struct{ image, patch, n int }

// patchesAdjoint is (images, dL/dpatches) to dL/dimages; of the images it takes the shape alone.
type patchesAdjoint struct{ *patches }

func newPatches(side, channels, window, pad int) *patches {
	return newStridedPatches(side, channels, window, pad, 1)
}

func newStridedPatches(side, channels, window, pad, stride int) *patches {
	p := &patches{side: side, channels: channels, window: window, pad: pad, stride: stride, out: (side+2*pad-window)/stride + 1}
	for place := range p.out * p.out {
		top, left := place/p.out*stride-pad, place%p.out*stride-pad
		first, last := max(left, 0), min(left+window, side)
		for i := range window {
			if row := top + i; row >= 0 && row < side {
				p.runs = append(p.runs, run{
					image: (row*side + first) * channels,
					patch: place*p.columns() + (i*window+first-left)*channels,
					n:     (last - first) * channels,
				})
			}
		}
	}
	return p
}

// columns returns the length of a patch.
func (p *patches) columns() int { return p.window * p.window * p.channels }

func (p *patches) Arity() int { return 1 }
func (p *patches) Type() hm.Type {
	m := G.TensorType{Dims: 2, Of: hm.TypeVariable('a')}
	return hm.NewFnType(m, m)
}
func (p *patches) InferShape(in ...G.DimSizer) (tensor.Shape, error) {
	size, image := in[0].(tensor.Shape).TotalSize(), p.side*p.side*p.channels
	if size%image != 0 {
		return nil, fmt.Errorf("model: %v is not images of %d x %d x %d", in[0], p.side, p.side, p.channels)
	}
	return tensor.Shape{size / image * p.out * p.out, p.columns()}, nil
}
func (p *patches) DiffWRT(int) []bool { return []bool{true} }
func (p *patches) SymDiff(in G.Nodes, _, grad *G.Node) (G.Nodes, error) {
	d, err := G.ApplyOp(patchesAdjoint{p}, in[0], grad)
	return G.Nodes{d}, err
}

func (p *patches) Do(in ...G.Value) (G.Value, error) {
	x := in[0].(*tensor.Dense)
	shape, err := p.InferShape(x.Shape())
	if err != nil {
		return nil, err
	}
	out := tensor.New(tensor.WithShape(shape...), tensor.Of(x.Dtype()))
	switch xd := x.Data().(type) {
	case []float32:
		gather(p, out.Float32s(), xd)
	case []float64:
		gather(p, out.Float64s(), xd)
	default:
		return nil, fmt.Errorf("model: patches of %T", xd)
	}
	return out, nil
}

func (o patchesAdjoint) Arity() int { return 2 }
func (o patchesAdjoint) Type() hm.Type {
	m := G.TensorType{Dims: 2, Of: hm.TypeVariable('a')}
	return hm.NewFnType(m, m, m)
}
func (o patchesAdjoint) InferShape(in ...G.DimSizer) (tensor.Shape, error) {
	return in[0].(tensor.Shape).Clone(), nil
}

func (o patchesAdjoint) Do(in ...G.Value) (G.Value, error) {
	x, dy := in[0].(*tensor.Dense), in[1].(*tensor.Dense)
	out := tensor.New(tensor.WithShape(x.Shape()...), tensor.Of(x.Dtype()))
	switch dyd := dy.Data().(type) {
	case []float32:
		scatter(o.patches, out.Float32s(), dyd)
	case []float64:
		scatter(o.patches, out.Float64s(), dyd)
	default:
		return nil, fmt.Errorf("model: patchesAdjoint of %T", dyd)
	}
	return out, nil
}

// gather copies the runs of every image into dst, which is 0.
func gather[T float32 | float64](p *patches, dst, src []T) {
	image, patch := p.side*p.side*p.channels, p.out*p.out*p.columns()
	for ; len(src) > 0; src, dst = src[image:], dst[patch:] {
		for _, r := range p.runs {
			copy(dst[r.patch:r.patch+r.n], src[r.image:])
		}
	}
}

// scatter adds the runs of src to the images, which are 0 at first.
func scatter[T float32 | float64](p *patches, images, src []T) {
	image, patch := p.side*p.side*p.channels, p.out*p.out*p.columns()
	for ; len(src) > 0; src, images = src[patch:], images[image:] {
		for _, r := range p.runs {
			to := images[r.image : r.image+r.n]
			for i, v := range src[r.patch:][:len(to)] {
				to[i] += v
			}
		}
	}
}

func (p *patches) ReturnsPtr() bool     { return false }
func (p *patches) CallsExtern() bool    { return false }
func (p *patches) OverwritesInput() int { return -1 }
func (p *patches) String() string {
	return fmt.Sprintf("Patches(%d, %d, %d, %d, %d)", p.side, p.channels, p.window, p.pad, p.stride)
}
func (p *patches) WriteHash(h hash.Hash) { fmt.Fprint(h, p.String()) }
func (p *patches) Hashcode() uint32      { return hashcode(p) }

func (o patchesAdjoint) String() string        { return o.patches.String() + "Adjoint" }
func (o patchesAdjoint) WriteHash(h hash.Hash) { fmt.Fprint(h, o.String()) }
func (o patchesAdjoint) Hashcode() uint32      { return hashcode(o) }
