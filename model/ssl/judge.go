package ssl

import (
	"fmt"

	"calorimeter/model/internal/graph"

	"gonum.org/v1/gonum/floats"
)

// Judge gives the losses of single images under the weights of one state, beside a fixed batch of B others: what an
// image adds to the loss of that batch in the place of its first image, for both views of a pair, in nats. Training
// lowers the loss of whole batches; a Judge makes of it a function of the state and of one image.
//
//	SimCLR  -ln( e^(z.z'/tau) / (e^(z.z'/tau) + sum_j e^(z.b_j/tau)) ), z and z' the rows of its two views, b_j those of
//	        the other view of the other B-1 images;
//	SwAV    the cross-entropy of softmax(-E) with the label e^(score/eps + lambda + nu) of the other view, lambda the
//	        fields that balance the labels of the batch, held as they are (one image of B hardly moves them), or 0;
//	DINO    the cross-entropy with the teacher's label of the other view, centred by the centre of the state: no other
//	        image takes part.
type Judge struct {
	model *Model
	state *State
	units []float64 // SimCLR: rows of unit length of the views of the batch
	field []float64 // SwAV and DINO: of the labels
}

// NewJudge returns a judge of st beside a batch: two views of each of B images, laid out as for [Model.Step], which
// panics on the same. It serves until st changes.
func (m *Model) NewJudge(st *State, views []float32) (*Judge, error) {
	m.mustHold(views)
	j := &Judge{model: m, state: st}
	switch m.settings.Algorithm {
	case SimCLR:
		j.units = make([]float64, m.Samples()*m.settings.Projection)
		return j, j.unitRows(j.units, views)
	case DINO:
		j.field = m.centring(st)
		return j, nil
	}
	graph.Put(m.x, views)
	if err := m.evaluate(m.energies, st.Theta, -1); err != nil {
		return nil, err
	}
	target, err := m.label(st, m.labels)
	if err != nil {
		return nil, err
	}
	j.field = target.Field
	return j, nil
}

// unitRows fills dst with the rows of unit length of views.
func (j *Judge) unitRows(dst []float64, views []float32) error {
	m := j.model
	graph.Put(m.x, views)
	m.load(j.state.Theta)
	if err := m.embed.Run(); err != nil {
		return err
	}
	graph.Get(dst, m.units, 1)
	return nil
}

// Losses fills dst with the losses of at most B images, of which views holds two each: first one of every image, then
// another of every image. Rounding aside, that of an image does not depend on the others. It panics on other lengths.
func (j *Judge) Losses(dst []float64, views []float32) error {
	m := j.model
	images, pixels := len(dst), m.settings.Pixels
	if images > m.settings.Batch || len(views) != 2*images*pixels {
		panic(fmt.Sprintf("ssl: losses of %d images by %d values; there must be at most %d images, two views of %d "+
			"pixels of each", images, len(views), m.settings.Batch, pixels))
	}
	batch := make([]float32, m.Samples()*pixels)
	copy(batch, views[:images*pixels])
	copy(batch[len(batch)/2:], views[images*pixels:])
	if m.settings.Algorithm == SimCLR {
		return j.contrast(dst, batch)
	}
	graph.Put(m.x, batch)
	if err := m.evaluate(m.energies, j.state.Theta, -1); err != nil {
		return err
	}
	temperature := m.settings.Epsilon
	if m.settings.Algorithm == DINO {
		temperature = m.settings.TeacherTau
		if err := m.teach(j.state); err != nil {
			return err
		}
	} else {
		floats.ScaleTo(m.target, m.settings.Temperature, m.energies)
	}
	labels := m.settings.Labels
	q := make([]float64, labels)
	for i := range dst {
		first, second := i*labels, (m.settings.Batch+i)*labels
		dst[i] = 0
		for _, own := range []int{first, second} {
			other := first + second - own
			gibbs(q, m.target[other:other+labels], temperature, j.field)
			dst[i] += crossEntropyOf(m.energies[own:own+labels], q) / 2
		}
	}
	return nil
}

// contrast fills dst with SimCLR's losses of the first images of a batch.
func (j *Judge) contrast(dst []float64, batch []float32) error {
	m := j.model
	units := make([]float64, len(j.units))
	if err := j.unitRows(units, batch); err != nil {
		return err
	}
	width, half := m.settings.Projection, len(units)/2
	energies, q := make([]float64, m.settings.Batch), make([]float64, m.settings.Batch)
	q[0] = 1
	for i := range dst {
		first, second := i*width, half+i*width
		dst[i] = 0
		for _, own := range []int{first, second} {
			other, others := first+second-own, j.units[half:]
			if own == second {
				others = j.units[:half]
			}
			z := units[own : own+width]
			energies[0] = -floats.Dot(z, units[other:other+width]) / m.settings.Temperature
			for k := 1; k < len(energies); k++ {
				energies[k] = -floats.Dot(z, others[k*width:(k+1)*width]) / m.settings.Temperature
			}
			dst[i] += crossEntropyOf(energies, q) / 2
		}
	}
	return nil
}

// crossEntropyOf is -sum_k q_k ln p_k with p = softmax(-e), for q that sum to 1. It turns the sign of e.
func crossEntropyOf(e, q []float64) float64 {
	mean := floats.Dot(e, q)
	floats.Scale(-1, e)
	return mean + floats.LogSumExp(e)
}
