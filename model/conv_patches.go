package model

import (
	"fmt"

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
	differentiable
	side, channels, window, pad, stride, out int
	runs                                     []run // of one image
}

// run is n elements that are side by side in the image and in the patches.
type run struct{ image, patch, n int }

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
	name := fmt.Sprintf("Patches(%d, %d, %d, %d, %d)", side, channels, window, pad, stride)
	p.differentiable = differentiable{
		operation: operation{
			name: name, inputs: []int{2}, output: 2, shape: p.shapeOf,
			do32: func(out []float32, in [maxInputs][]float32) { gather(p, out, in[0]) },
			do64: func(out []float64, in [maxInputs][]float64) { gather(p, out, in[0]) },
		},
		wrt: []bool{true},
		gradient: towardsFirst(&operation{ // of the images it takes the shape alone
			name: name + "Adjoint", inputs: []int{2, 2}, output: 2,
			do32: func(out []float32, in [maxInputs][]float32) { scatter(p, out, in[1]) },
			do64: func(out []float64, in [maxInputs][]float64) { scatter(p, out, in[1]) },
		}),
	}
	return p
}

// columns returns the length of a patch.
func (p *patches) columns() int { return p.window * p.window * p.channels }

// shapeOf returns the shape of the patches of images.
func (p *patches) shapeOf(images tensor.Shape) (tensor.Shape, error) {
	size, image := images.TotalSize(), p.side*p.side*p.channels
	if size%image != 0 {
		return nil, fmt.Errorf("model: %v is not images of %d x %d x %d", images, p.side, p.side, p.channels)
	}
	return tensor.Shape{size / image * p.out * p.out, p.columns()}, nil
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
