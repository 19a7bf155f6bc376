package ensemble

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Deliberate errors, and the tests that caught them:
//
//	two calls under one worker's number          TestParallelCallsOnce
//	the last i left out                          TestParallelCallsOnce
//	the first error in time, not by i            TestParallelReturnsTheLowestError
//	no cancellation of the calls under way       TestParallelReturnsTheLowestError
//	parent's cancellation not returned           TestParallelStopsWithItsParent

func TestParallelCallsOnce(t *testing.T) {
	for _, workers := range []int{1, 3, 50} {
		var calls [40]atomic.Int32
		busy := make([]atomic.Int32, workers)
		require.NoError(t, Parallel(context.Background(), workers, len(calls), func(_ context.Context, worker, i int) error {
			assert.EqualValues(t, 1, busy[worker].Add(1), "worker %d serves two at a time", worker)
			time.Sleep(50 * time.Microsecond)
			calls[i].Add(1)
			busy[worker].Add(-1)
			return nil
		}))
		for i := range calls {
			assert.EqualValues(t, 1, calls[i].Load(), "call %d", i)
		}
	}
}

// Where two calls fail, the error of the lower i is returned whichever came first, and not the cancellations that it
// caused.
func TestParallelReturnsTheLowestError(t *testing.T) {
	low, high := errors.New("low"), errors.New("high")
	failed := make(chan struct{})
	var begun atomic.Int32
	err := Parallel(context.Background(), 3, 1000, func(ctx context.Context, _, i int) error {
		begun.Add(1)
		switch i {
		case 0:
			<-ctx.Done()
			return ctx.Err()
		case 1:
			<-failed
			return low
		case 2:
			close(failed)
			return high
		}
		return nil
	})
	assert.Equal(t, low, err)
	assert.Less(t, begun.Load(), int32(1000))
}

func TestParallelStopsWithItsParent(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	err := Parallel(ctx, 2, 1000, func(ctx context.Context, _, i int) error {
		if i == 3 {
			cancel()
		}
		return ctx.Err()
	})
	assert.ErrorIs(t, err, context.Canceled)
	assert.NoError(t, Parallel(context.Background(), 2, 0, nil))
}
