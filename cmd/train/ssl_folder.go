package main

import (
	"fmt"

	"calorimeter/instrument/report"
	"calorimeter/instrument/selfsupervised"
	"calorimeter/model"
)

// The run folder of self-supervised encoders.

// finish closes the books and writes all that is left.
func (j *sslJob) finish() error {
	j.check(selfsupervised.Books(j.observations, j.runner.Settings().Precision))
	warnings, occupation := selfsupervised.Remarks(j.observations)
	j.run.Warnings = append(j.run.Warnings, warnings...)
	if occupation != "" {
		j.remark = "Labels: " + occupation
		j.run.Notes = append(j.run.Notes, "labels of the last step: "+occupation)
	}
	if len(j.observations) == 0 {
		return j.run.Save(j.dir)
	}
	if err := j.writeWeights(); err != nil {
		return err
	}
	if _, err := report.CycleFigures(j.dir, j.run, j.curves); err != nil {
		return err
	}
	if err := report.WriteCycleHTML(j.dir, j.run, j.curves); err != nil {
		return err
	}
	return j.run.Save(j.dir)
}

// writeWeights writes weights/rR.safetensors, the weights of each replica at the last observation (DINO's teacher
// too).
func (j *sslJob) writeWeights() error {
	double := j.runner.Settings().Precision == model.Float64
	for _, r := range j.runner.Replicas() {
		var all []weights
		for part, theta := range map[string][][]float64{"": r.State.Theta, "teacher.": r.State.Teacher} {
			for i := range theta {
				p := j.runner.Parameters()[i]
				all = append(all, weights{part + p.Name, []int{p.Rows, p.Cols}, theta[i], double})
			}
		}
		of := map[string]string{"step": fmt.Sprint(r.State.Steps), "replica": fmt.Sprint(r.Index)}
		if err := j.saveWeights(fmt.Sprintf("r%d", r.Index), all, of); err != nil {
			return err
		}
	}
	return nil
}
