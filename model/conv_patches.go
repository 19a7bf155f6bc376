package model

import (
	"fmt"

	"calorimeter/internal/vector"
	"calorimeter/model/op"

	"gonum.org/v1/gonum/floats"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// patches is the operation that turns a convolution into a matrix product (im2col): of images, a matrix of any
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
	gaps                                     []run // beyond its edge
}

// run is n elements that are side by side in the image and in the patches; of a gap, in the patches alone.
type run struct{ image, patch, n int }

func newPatches(side, channels, window, pad int) *patches {
	return newStridedPatches(side, channels, window, pad, 1)
}

func newStridedPatches(side, channels, window, pad, stride int) *patches {
	p := &patches{side: side, channels: channels, window: window, pad: pad, stride: stride,
		out: (side+2*pad-window)/stride + 1}
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
	end := 0
	for _, r := range append(p.runs[:len(p.runs):len(p.runs)], run{patch: p.out * p.out * p.columns()}) {
		if r.patch > end {
			p.gaps = append(p.gaps, run{patch: end, n: r.patch - end})
		}
		end = r.patch + r.n
	}
	return p
}

// columns returns the length of a patch.
func (p *patches) columns() int { return p.window * p.window * p.channels }

// apply adds the patches of images to their graph.
func (p *patches) apply(images *G.Node) *G.Node {
	o := &op.Operation{
		Name: p.name(), Ranks: []int{2, 2}, Shape: p.shape, Of32: gather[float32](p), Of64: gather[float64](p),
		Diff: func(in G.Nodes, _, grad *G.Node) G.Nodes { // of the images the adjoint takes the shape alone
			add32 := func(sum, x []float32) { vector.Add(sum, sum, x) }
			return G.Nodes{op.Like(p.name()+"Adjoint", scatter(p, add32), scatter(p, floats.Add), in[0], grad)}
		},
	}
	return o.Apply(images)
}

func (p *patches) name() string {
	return fmt.Sprintf("Patches(%d, %d, %d, %d, %d)", p.side, p.channels, p.window, p.pad, p.stride)
}

func (p *patches) shape(in []tensor.Shape) (tensor.Shape, error) {
	size, image := in[0].TotalSize(), p.side*p.side*p.channels
	if size%image != 0 {
		return nil, fmt.Errorf("model: %v is not images of %d x %d x %d", in[0], p.side, p.side, p.channels)
	}
	return tensor.Shape{size / image * p.out * p.out, p.columns()}, nil
}

// gather copies the runs of every image, and fills the gaps with 0. Runs of 4 to 8 elements, a row of a patch of one
// channel, are two moves that overlap: a call of copy takes longer.
func gather[T float32 | float64](p *patches) func(dst []T, in [][]T, _ tensor.Shape) {
	image, patch := p.side*p.side*p.channels, p.out*p.out*p.columns()
	return func(dst []T, in [][]T, _ tensor.Shape) {
		for src := in[0]; len(src) > 0; src, dst = src[image:], dst[patch:] {
			for _, r := range p.runs {
				from, to := src[r.image:r.image+r.n], dst[r.patch:r.patch+r.n]
				if r.n < 4 || r.n > 8 {
					copy(to, from)
					continue
				}
				*(*[4]T)(to), *(*[4]T)(to[r.n-4:]) = [4]T(from), [4]T(from[r.n-4:])
			}
			for _, r := range p.gaps {
				clear(dst[r.patch : r.patch+r.n])
			}
		}
	}
}

// scatter fills images with the sums of the runs of patches, in[1], that came from each pixel.
func scatter[T float32 | float64](p *patches, add func(sum, x []T)) func(images []T, in [][]T, _ tensor.Shape) {
	image, patch := p.side*p.side*p.channels, p.out*p.out*p.columns()
	return func(images []T, in [][]T, _ tensor.Shape) {
		clear(images)
		for src := in[1]; len(src) > 0; src, images = src[patch:], images[image:] {
			for _, r := range p.runs {
				add(images[r.image:r.image+r.n], src[r.patch:r.patch+r.n])
			}
		}
	}
}
