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
	o := &op.Operation{
		Name: "SoftCrossEntropy", Ranks: []int{2, 2, 0}, Held: []int{1},
		Of32: crossEntropyLoss[float32], Of64: crossEntropyLoss[float64],
		Diff: func(in G.Nodes, _, grad *G.Node) G.Nodes {
			dl := op.Like("SoftCrossEntropyGrad", crossEntropyGrad[float32], crossEntropyGrad[float64], in[0], in[1], grad)
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

func crossEntropyLoss[T float32 | float64](out []T, in [][]T, shape tensor.Shape) {
	out[0] = T(crossEntropyRows(in[0], in[1], nil, shape[1], 0))
}

func crossEntropyGrad[T float32 | float64](dl []T, in [][]T, shape tensor.Shape) {
	crossEntropyRows(in[0], in[1], dl, shape[1], float64(in[2][0]))
}

// crossEntropyRows returns the loss and, where dl is not nil, fills it with g times the gradient.
func crossEntropyRows[T float32 | float64](l, q, dl []T, cols int, g float64) (loss float64) {
	n := float64(len(l) / cols)
	for at := 0; at < len(l); at += cols {
		row, label := l[at:at+cols], q[at:at+cols]
		top, z := lse.ExpSum(row)
		var total, dot float64
		for j, v := range row {
			total += float64(label[j])
			dot += float64(label[j]) * float64(v-top)
		}
		loss += total*math.Log(z) - dot
		if dl == nil {
			continue
		}
		for j, v := range row {
			dl[at+j] = T(g / n * (total*math.Exp(float64(v-top))/z - float64(label[j])))
		}
	}
	return loss / n
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
