package selfsupervised

import (
	"math"
	"math/rand/v2"

	"calorimeter/instrument"
	"calorimeter/instrument/ensemble"
	"calorimeter/model/ssl"
)

// exam is what every replica is asked: the loss of images of all training sets and of ghosts, each under views of its
// own that are the same for all replicas and at all observations.
type exam struct {
	beside    []float32 // two views of each of B held-out images, for [ssl.Model.NewJudge]
	ghosts    []int     // the other held-out images
	some, all [][]int   // images asked of each training set at an observation, and at the last
	last      int       // its step
}

// newExam draws the questions. At most half of the held-out images stand in the batch beside, over and over where they
// are fewer than it takes.
func newExam(r *Runner) *exam {
	e := &exam{last: r.config.Observe[len(r.config.Observe)-1]}
	for d := range r.sets {
		e.some = append(e.some, ensemble.Asked(r.config.Seed, d, r.size(), r.config.Examples))
		e.all = append(e.all, ensemble.Asked(r.config.Seed, d, r.size(), math.MaxInt))
	}
	held, batch := len(r.test.Labels), r.settings.Batch
	others := min(batch, (held+1)/2)
	for i := others; i < held; i++ {
		e.ghosts = append(e.ghosts, i)
	}
	var images []float32
	for i := range batch {
		images = append(images, r.test.image(i%others)...)
	}
	e.beside = make([]float32, 2*len(images))
	rng := rand.New(instrument.Stream(r.config.Seed, -1, -1, "views of the batch beside"))
	r.config.Views.Views(e.beside, images, r.test.Rows, r.test.Cols, rng)
	return e
}

// cost is what its losses take at an observation, in training steps of so many images: a step takes some four times as
// long as the losses of its views.
func (e *exam) cost(pairs, batch int) int {
	images := len(e.ghosts)
	for _, rows := range e.some {
		images += len(rows)
	}
	return images * pairs / (4 * batch)
}

// asked lists the images of each training set that all replicas judge at a step; nil for one training set.
func (r *Runner) asked(step int) [][]int {
	switch {
	case r.exam == nil:
		return nil
	case step == r.exam.last:
		return r.exam.all
	}
	return r.exam.some
}

// judge returns the losses of the images asked, set by set, and of the ghosts, under a replica.
func (w *worker) judge(r *Replica, asked [][]int) (own, ghosts []float64, err error) {
	j, err := w.model.NewJudge(r.State, w.runner.exam.beside)
	if err != nil {
		return nil, nil, err
	}
	for d, rows := range asked {
		losses, err := w.losses(j, d, w.runner.sets[d], rows)
		if err != nil {
			return nil, nil, err
		}
		own = append(own, losses...)
	}
	const heldOut = -1
	ghosts, err = w.losses(j, heldOut, w.runner.test, w.runner.exam.ghosts)
	return own, ghosts, err
}

// losses are those of some images of a set, means over the pairs of views that belong to each.
func (w *worker) losses(j *ssl.Judge, set int, im *Images, rows []int) ([]float64, error) {
	all := make([]float64, len(rows))
	size := im.Rows * im.Cols
	for at := 0; at < len(rows); at += len(w.batch) {
		some := rows[at:min(at+len(w.batch), len(rows))]
		streams := make([]*rand.Rand, len(some))
		for i, row := range some {
			streams[i] = rand.New(instrument.Stream(w.config.Seed, set, row, "views of an image asked"))
		}
		losses, views := make([]float64, len(some)), w.views[:2*len(some)*size]
		for range w.config.ViewPairs {
			for i, row := range some {
				for _, place := range []int{i, len(some) + i} {
					w.config.Views.View(views[place*size:(place+1)*size], im.image(row), im.Rows, im.Cols, streams[i])
				}
			}
			if err := j.Losses(losses, views); err != nil {
				return nil, err
			}
			for i, v := range losses {
				all[at+i] += v / float64(w.config.ViewPairs)
			}
		}
	}
	return all, nil
}
