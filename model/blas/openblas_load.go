//go:build (linux || darwin) && (amd64 || arm64)

package blas

import (
	"errors"
	"fmt"
	"math"
	"os"
	"runtime"
	"slices"
	"strings"
	"sync"
	"unsafe"

	"github.com/ebitengine/purego"
	"golang.org/x/sys/cpu"
	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/gonum"
	"gorgonia.org/gorgonia"
)

// openblasFiles are the names under which OpenBLAS is looked for; a name without a folder is searched by the dynamic
// loader, whose variables (LD_LIBRARY_PATH, DYLD_LIBRARY_PATH) add folders.
func openblasFiles() []string {
	if runtime.GOOS == "darwin" {
		return []string{
			"libopenblas.dylib",
			"/opt/homebrew/opt/openblas/lib/libopenblas.dylib",
			"/usr/local/opt/openblas/lib/libopenblas.dylib",
			"/opt/local/lib/libopenblas.dylib",
		}
	}
	return []string{"libopenblas.so.0", "libopenblas.so", "libopenblasp.so.0", "libopenblaso.so.0"}
}

func openOpenBLAS() (gorgonia.BLAS, Choice, error) {
	lib, err := loadOnce()
	if err != nil {
		return nil, Choice{}, err
	}
	return &implementation{f32: &lib.im.f32, f64: &lib.im.f64}, lib.choice, nil
}

const openblasAdvice = "OpenBLAS was not found, which multiplies matrices many times as fast: it is in the " +
	"package libopenblas0-pthread (Debian, Ubuntu), openblas (Homebrew, Fedora, Arch)"

type loaded struct {
	im     *openBLAS
	choice Choice
}

type openBLAS struct {
	f32                               fortran[float32]
	f64                               fortran[float64]
	getConfig, setThreads, getThreads uintptr
}

// loadOnce keeps the first answer: a library is never unloaded, and OpenBLAS starts its threads at each load.
var loadOnce = sync.OnceValues(func() (loaded, error) {
	var failures []string
	for _, file := range openblasFiles() {
		lib, err := load(file)
		if err == nil {
			return lib, nil
		}
		failures = append(failures, err.Error())
	}
	return loaded{}, fmt.Errorf("blas: openblas: no usable library (%s); install libopenblas0-pthread or openblas with "+
		"the system's package manager, or try tile or gonum",
		strings.Join(failures, "; "))
})

func load(file string) (loaded, error) {
	runtime.LockOSThread() // the loader keeps the text of its errors per thread
	defer runtime.UnlockOSThread()
	handle, err := purego.Dlopen(file, purego.RTLD_NOW|purego.RTLD_LOCAL)
	if err != nil {
		return loaded{}, err
	}
	im, err := bind(handle)
	if err != nil {
		return loaded{}, fmt.Errorf("%s: %w", file, err)
	}
	if core := coreFor(im.config()); core != "" && os.Getenv(coreVariable) == "" && purego.Dlclose(handle) == nil {
		im, err = reload(file, core)
		if err != nil {
			return loaded{}, fmt.Errorf("%s: %w", file, err)
		}
	}
	if strings.Contains(im.config(), "USE64BITINT") {
		return loaded{}, fmt.Errorf("%s: built with 64-bit integers", file)
	}
	purego.SyscallN(im.setThreads, 1)
	threads, _, _ := purego.SyscallN(im.getThreads)
	if err := im.check(); err != nil {
		return loaded{}, fmt.Errorf("%s: %w", file, err)
	}
	detail := sharedObject(im.f32.gemmEntry, file) + ": " + im.config()
	return loaded{im, Choice{Name: "openblas", Detail: detail, Threads: int(int32(threads))}}, nil
}

func bind(handle uintptr) (*openBLAS, error) {
	im := &openBLAS{}
	for _, symbol := range []struct {
		name string
		fn   *uintptr
	}{
		{"sgemm_", &im.f32.gemmEntry}, {"dgemm_", &im.f64.gemmEntry},
		{"sgemv_", &im.f32.gemvEntry}, {"dgemv_", &im.f64.gemvEntry},
		{"openblas_get_config", &im.getConfig},
		{"openblas_set_num_threads", &im.setThreads}, {"openblas_get_num_threads", &im.getThreads},
	} {
		fn, err := purego.Dlsym(handle, symbol.name)
		if err != nil {
			return nil, err
		}
		*symbol.fn = fn
	}
	return im, nil
}

// config is OpenBLAS's description of itself: version, build options and, among them, the kind of processor (the
// core) whose kernels it uses.
func (im *openBLAS) config() string {
	var get func() string
	purego.RegisterFunc(&get, im.getConfig)
	return strings.TrimSpace(get())
}

const (
	coreVariable = "OPENBLAS_CORETYPE" // read by OpenBLAS when it is loaded
	coreFallback = "Prescott"          // what it takes for an x86 processor younger than itself
)

// coreFor names the kernels that OpenBLAS should have taken, or is empty if it chose well. A release that does not know
// the processor falls back on the SSE3 kernels of 2004, at a quarter of the speed, even where AVX-512 is there.
func coreFor(config string) string {
	if !slices.Contains(strings.Fields(config), coreFallback) {
		return ""
	}
	switch x := cpu.X86; {
	case x.HasAVX512F && x.HasAVX512CD && x.HasAVX512BW && x.HasAVX512DQ && x.HasAVX512VL:
		return "SkylakeX"
	case x.HasAVX2 && x.HasFMA:
		return "Haswell"
	}
	return ""
}

// reload loads the library, once closed, again with the given core. Where the system keeps a closed library in
// memory nothing changes: it is right, and slow.
func reload(file, core string) (*openBLAS, error) {
	if err := os.Setenv(coreVariable, core); err != nil { // purego forwards it to C
		return nil, err
	}
	defer os.Unsetenv(coreVariable)
	handle, err := purego.Dlopen(file, purego.RTLD_NOW|purego.RTLD_LOCAL)
	if err != nil {
		return nil, err
	}
	return bind(handle)
}

var errWrongProduct = errors.New("a product with a known answer came out wrong")

// check multiplies two strided matrices of small integers, for which every order of summation is exact, in every
// combination of transposes: a library with another calling convention is refused here.
func (im *openBLAS) check() error {
	const (
		m  = 4
		n  = 7
		k  = 5 // large enough to reach the library
		ld = 9
	)
	a, b := make([]float32, ld*ld), make([]float32, ld*ld)
	for i := range a {
		a[i], b[i] = float32(i%11)-5, float32(i%13)-6
	}
	for _, tA := range []blas.Transpose{blas.NoTrans, blas.Trans} {
		for _, tB := range []blas.Transpose{blas.NoTrans, blas.Trans} {
			got, want := make([]float32, ld*ld), make([]float32, ld*ld)
			copy(got, a)
			copy(want, a)
			im.f32.gemm(tA, tB, m, n, k, 2, a, ld, b, ld, -1, got, ld)
			gonum.Implementation{}.Sgemm(tA, tB, m, n, k, 2, a, ld, b, ld, -1, want, ld)
			for i := range want {
				if math.Float32bits(got[i]+0) != math.Float32bits(want[i]+0) {
					return errWrongProduct
				}
			}
		}
	}
	return nil
}

// sharedObject returns the file that holds the function, by dladdr, or the fallback.
func sharedObject(fn uintptr, fallback string) string {
	dladdr, err := purego.Dlsym(purego.RTLD_DEFAULT, "dladdr")
	if err != nil {
		return fallback
	}
	info := new(struct {
		file           *byte
		base           uintptr
		symbol, symloc uintptr
	})
	if ok, _, _ := purego.SyscallN(dladdr, fn, uintptr(unsafe.Pointer(info))); int32(ok) == 0 || info.file == nil {
		return fallback
	}
	n := 0
	for *(*byte)(unsafe.Add(unsafe.Pointer(info.file), n)) != 0 {
		n++
	}
	return string(unsafe.Slice(info.file, n))
}
