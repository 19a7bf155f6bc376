package ssl

import (
	"math"

	"calorimeter/model/internal/lse"
	"calorimeter/model/op"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// crossEntropy is the scalar node of (logits l, labels q), both n x k,
//
//	loss = 1/n sum_i sum_j q_ij (ln sum_m exp(l_im) - l_ij),
//
// the mean cross-entropy between q_i and softmax(l_i) in nats. It is stable for logits of any size. The labels are
// held: it has no derivative with respect to them (a stop-gradient), and dloss/dl_ij = (p_ij sum_m q_im - q_ij)/n with
// p_i = softmax(l_i).
func crossEntropy(logits, labels *G.Node) *G.Node {
	var last softmaxes // of the last evaluation: its gradient follows it in every run, because it takes its output
	o := &op.Operation{
		Name: "SoftCrossEntropy", Ranks: []int{2, 2, 0}, Held: []int{1},
		Of32: crossEntropyLoss[float32](&last), Of64: crossEntropyLoss[float64](&last),
		Diff: func(in G.Nodes, out, grad *G.Node) G.Nodes {
			dl := op.Like("SoftCrossEntropyGrad", crossEntropyGrad[float32](&last), crossEntropyGrad[float64](&last),
				in[0], in[1], out, grad)
			return G.Nodes{dl, nil}
		},
	}
	return o.Apply(logits, labels)
}

// unitRows is the node of x, n x d, with every row divided by its Euclidean norm,
//
//	y_i = x_i/|x_i|,    dL/dx_i = (dL/dy_i - y_i (y_i . dL/dy_i))/|x_i|.
//
// A row shorter than tiny is divided by tiny instead.
func unitRows(x *G.Node) *G.Node {
	o := &op.Operation{
		Name: "UnitRows", Ranks: []int{2, 2},
		Of32: normalise[float32], Of64: normalise[float64],
		Diff: func(in G.Nodes, _, grad *G.Node) G.Nodes {
			return G.Nodes{op.Like("UnitRowsGrad", normaliseGrad[float32], normaliseGrad[float64], in[0], grad)}
		},
	}
	return o.Apply(x)
}

const tiny = 1e-12

// softmaxes are those of rows of logits l, and the sums of their labels.
type softmaxes struct{ weights, z, labels []float64 } // exp(l_j - top), their sum; sum_j q_j

func crossEntropyLoss[T float32 | float64](p *softmaxes) func(out []T, in [][]T, shape tensor.Shape) {
	return func(out []T, in [][]T, shape tensor.Shape) {
		l, q := in[0], in[1]
		rows, cols := shape[0], shape[1]
		if len(p.weights) != len(l) || len(p.z) != rows {
			p.weights = make([]float64, len(l))
			p.z, p.labels = make([]float64, rows), make([]float64, rows)
		}
		var loss float64
		for i := range rows {
			row, label := l[i*cols:(i+1)*cols], q[i*cols:(i+1)*cols]
			top, z := lse.Exp(p.weights[i*cols:(i+1)*cols], row)
			var total, dot float64
			for j, v := range row {
				total += float64(label[j])
				dot += float64(label[j]) * float64(v-top)
			}
			p.z[i], p.labels[i] = z, total
			loss += total*math.Log(z) - dot
		}
		out[0] = T(loss / float64(rows))
	}
}

func crossEntropyGrad[T float32 | float64](p *softmaxes) func(dl []T, in [][]T, shape tensor.Shape) {
	return func(dl []T, in [][]T, shape tensor.Shape) {
		q, cols := in[1], shape[1]
		g := float64(in[3][0]) / float64(shape[0])
		for i, z := range p.z {
			to, label := dl[i*cols:(i+1)*cols], q[i*cols:(i+1)*cols]
			for j, w := range p.weights[i*cols : (i+1)*cols] {
				to[j] = T(g * (p.labels[i]*w/z - float64(label[j])))
			}
		}
	}
}

func norm[T float32 | float64](row []T) float64 {
	var s float64
	for _, v := range row {
		s += float64(v) * float64(v)
	}
	return max(math.Sqrt(s), tiny)
}

func normalise[T float32 | float64](out []T, in [][]T, shape tensor.Shape) {
	x, cols := in[0], shape[1]
	for at := 0; at < len(x); at += cols {
		row := x[at : at+cols]
		scale := 1 / norm(row)
		for j, v := range row {
			out[at+j] = T(float64(v) * scale)
		}
	}
}

func normaliseGrad[T float32 | float64](dx []T, in [][]T, shape tensor.Shape) {
	x, dy := in[0], in[1]
	cols := shape[1]
	for at := 0; at < len(x); at += cols {
		row, g := x[at:at+cols], dy[at:at+cols]
		scale := 1 / norm(row)
		var along float64
		for j, v := range row {
			along += float64(v) * scale * float64(g[j])
		}
		for j, v := range row {
			dx[at+j] = T((float64(g[j]) - float64(v)*scale*along) * scale)
		}
	}
}
