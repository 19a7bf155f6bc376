//go:build !(darwin || dragonfly || freebsd || illumos || linux || netbsd || openbsd)

package record

import (
	"errors"
	"os"
)

func flock(*os.File) error { return errors.ErrUnsupported }
