package ensemble

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
)

// Parallel calls f once for every i from 0 to n-1, as many calls at the same time as there are workers, each under the
// number of a worker, 0 to workers-1, that no other call has meanwhile. The first error stops what has not begun and
// cancels ctx for the calls under way; Parallel returns when all have ended. It returns the error of the lowest i among
// those that are not cancellations, else parent's.
func Parallel(parent context.Context, workers, n int, f func(ctx context.Context, worker, i int) error) error {
	ctx, cancel := context.WithCancel(parent)
	defer cancel()
	errs := make([]error, n)
	var next atomic.Int64
	var wg sync.WaitGroup
	for w := range workers {
		wg.Go(func() {
			for {
				i := int(next.Add(1)) - 1
				if i >= n || ctx.Err() != nil {
					return
				}
				errs[i] = f(ctx, w, i)
				if errs[i] != nil {
					cancel()
					return
				}
			}
		})
	}
	wg.Wait()
	for _, err := range errs {
		if err != nil && !errors.Is(err, context.Canceled) {
			return err
		}
	}
	return parent.Err()
}
