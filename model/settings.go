package model

import (
	"cmp"
	"fmt"
	"slices"
)

// preset gives a setting that was left at its zero value its default.
func preset[T comparable](setting *T, value T) {
	var zero T
	if *setting == zero {
		*setting = value
	}
}

// atLeast returns an error for the setting of a model that is below its least value. Where that is 0, 0 stands for the
// default.
func atLeast(model, setting string, value, least int) error {
	if value < least {
		return fmt.Errorf("model: %s's %s is %d; it must be %d or more", model, setting, value, max(least, 1))
	}
	return nil
}

// batches returns an error for numbers of rows that no model can have.
func batches(model string, batch, evalBatch int) error {
	return cmp.Or(atLeast(model, "batch", batch, 1), atLeast(model, "number of rows evaluated at once", evalBatch, 0))
}

// widths returns an error for hidden layers of no unit.
func widths(model string, hidden []int) error {
	if len(hidden) > 0 && slices.Min(hidden) < 1 {
		return fmt.Errorf("model: %s's hidden widths are %v; each must be 1 or more", model, hidden)
	}
	return nil
}
