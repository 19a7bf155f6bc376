// Asm writes the kernels of package vector for processors with AVX2. It multiplies and adds in two instructions, never
// in a fused one, and in the order of the functions in Go, so that both give the same bits.
package main

import (
	"fmt"
	"math"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

func main() {
	sigmoid()
	bernoulliNLL()
	scaledLess()
	softplusSum()
	addMax()
	gate()
	accumulate()
	mul()
	add()
	descend()
	products("dotAVX2", false)
	products("distance2AVX2", true)
	finite()
	gradient()
	adam(32)
	adam(64)
	exp(32)
	exp(64)
	Generate()
}

// lanes is how many numbers an instruction takes.
const lanes = 8

var constants = map[uint32]Mem{}

// bits is a constant in all lanes, by its bits.
func bits(b uint32) Mem {
	if _, ok := constants[b]; !ok {
		constants[b] = GLOBL(fmt.Sprintf("bits%08x", b), 8|16) // read only, no pointers
		for i := range lanes {
			DATA(4*i, U32(b))
		}
	}
	return constants[b]
}

// number is a constant in all lanes.
func number(x float64) Mem { return bits(math.Float32bits(float32(x))) }

// kernel writes a function of some vectors of n numbers, n a multiple of lanes, whose body gets their places at the
// running index.
func kernel(name, signature string, vectors []string, start func(), body func(at map[string]Mem), end func()) {
	wideKernel(name, signature, lanes, vectors, start, body, end)
}

// wideKernel is a kernel whose body takes so many numbers, and n is a multiple of them.
func wideKernel(
	name, signature string, numbers int, vectors []string, start func(), body func(at map[string]Mem), end func(),
) {
	TEXT(name, NOSPLIT, signature)
	Pragma("noescape")
	base := map[string]Mem{}
	i := GP64()
	XORQ(i, i)
	for _, v := range vectors {
		base[v] = Mem{Base: Load(Param(v), GP64()), Index: i, Scale: 4}
	}
	n := Load(Param("n"), GP64())
	start()
	Label("loop")
	body(base)
	ADDQ(U8(numbers), i)
	CMPQ(i, n)
	JLT(LabelRef("loop"))
	end()
	VZEROUPPER()
	RET()
}

func none() {}

// load returns the numbers at a place.
func load(from Mem) reg.VecVirtual {
	y := YMM()
	VMOVUPS(from, y)
	return y
}

// all returns a parameter in all lanes.
func all(parameter string) reg.VecVirtual {
	y := YMM()
	from, err := Param(parameter).Resolve()
	if err != nil {
		panic(err)
	}
	VBROADCASTSS(from.Addr, y)
	return y
}

func multiplied(x reg.VecVirtual, by Op) reg.VecVirtual { y := YMM(); VMULPS(by, x, y); return y }
func added(x reg.VecVirtual, to Op) reg.VecVirtual      { y := YMM(); VADDPS(to, x, y); return y }
func less(x reg.VecVirtual, by Op) reg.VecVirtual       { y := YMM(); VSUBPS(by, x, y); return y }
func ratio(x reg.VecVirtual, by Op) reg.VecVirtual      { y := YMM(); VDIVPS(by, x, y); return y }
func larger(x, least Op) reg.VecVirtual                 { y := YMM(); VMAXPS(x, least.(reg.VecVirtual), y); return y }

// horner evaluates a polynomial, highest power first.
func horner(x reg.VecVirtual, coefficients ...float64) reg.VecVirtual {
	p := load(number(coefficients[0]))
	for _, c := range coefficients[1:] {
		p = added(multiplied(p, x), number(c))
	}
	return p
}

// expNegative is e^-a, see the function in Go.
func expNegative(a reg.VecVirtual) reg.VecVirtual {
	within := YMM()
	VCMPPS(U8(0x1a), number(87), a, within) // not greater; true of NaN
	z := added(multiplied(a, number(-1/math.Ln2)), number(3<<22))
	n := less(z, number(3<<22))
	r := added(less(multiplied(n, number(-355./512)), a), multiplied(n, number(2.12194440e-4)))
	p := horner(r, 0.00138146, 0.00836872, 0.04166839, 0.16666521, 0.49999993)
	e := added(added(r, multiplied(multiplied(r, r), p)), number(1))
	VPSLLD(U8(23), z, z)
	VPADDD(bits(127<<23), z, z)
	e = multiplied(e, z)
	VANDPS(within, e, e)
	return e
}

func absolute(x reg.VecVirtual) reg.VecVirtual { y := YMM(); VANDPS(bits(1<<31-1), x, y); return y }

// logistic is 1/(1 + e^-x).
func logistic(x reg.VecVirtual) reg.VecVirtual {
	e := expNegative(absolute(x))
	above := YMM()
	VBLENDVPS(x, e, load(number(1)), above)
	return ratio(above, added(e, number(1)))
}

// parts is what the sums of softplus are kept in, see the type in Go.
type parts struct{ low, high, factors, zero reg.VecVirtual }

func (s *parts) start() {
	at := Mem{Base: Load(Param("linear"), GP64())}
	s.low, s.high = load(at), load(at.Offset(32))
	s.factors, s.zero = load(Mem{Base: Load(Param("factors"), GP64())}), YMM()
	VXORPS(s.zero, s.zero, s.zero)
}

// linear adds to the sums of numbers.
func (s *parts) linear(x reg.VecVirtual) {
	low, high := YMM(), YMM()
	upper := XMM()
	VCVTPS2PD(x.AsX(), low)
	VEXTRACTF128(U8(1), x, upper)
	VCVTPS2PD(upper, high)
	VADDPD(low, s.low, s.low)
	VADDPD(high, s.high, s.high)
}

// factor multiplies the products by 1 + e^-|x|.
func (s *parts) factor(x reg.VecVirtual) {
	VMULPS(added(expNegative(absolute(x)), number(1)), s.factors, s.factors)
}

func (s *parts) end() {
	to := Mem{Base: Load(Param("linear"), GP64())}
	VMOVUPD(s.low, to)
	VMOVUPD(s.high, to.Offset(32))
	VMOVUPS(s.factors, Mem{Base: Load(Param("factors"), GP64())})
}

func sigmoid() {
	kernel("sigmoidAVX2", "func(out, x *float32, n int)", []string{"out", "x"}, none, func(at map[string]Mem) {
		VMOVUPS(logistic(load(at["x"])), at["out"])
	}, none)
}

func bernoulliNLL() {
	var s parts
	kernel("bernoulliNLLAVX2", "func(linear *[8]float64, factors *[8]float32, logits, bits *float32, n int)",
		[]string{"logits", "bits"}, s.start, func(at map[string]Mem) {
			l := load(at["logits"])
			s.linear(less(larger(l, s.zero), multiplied(l, at["bits"])))
			s.factor(l)
		}, s.end)
}

func softplusSum() {
	var s parts
	kernel("softplusSumAVX2", "func(linear *[8]float64, factors *[8]float32, z, c *float32, n int)",
		[]string{"z", "c"}, s.start, func(at map[string]Mem) {
			x := added(load(at["z"]), at["c"])
			s.linear(larger(x, s.zero))
			s.factor(x)
		}, s.end)
}

func scaledLess() {
	var d reg.VecVirtual
	kernel("scaledLessAVX2", "func(out, x *float32, d float32, n int)", []string{"out", "x"},
		func() { d = all("d") }, func(at map[string]Mem) {
			VMOVUPS(multiplied(less(load(at["out"]), at["x"]), d), at["out"])
		}, none)
}

func addMax() {
	var least reg.VecVirtual
	kernel("addMaxAVX2", "func(out, x, y *float32, least float32, n int)", []string{"out", "x", "y"},
		func() { least = all("least") }, func(at map[string]Mem) {
			VMOVUPS(larger(added(load(at["x"]), at["y"]), least), at["out"])
		}, none)
}

func gate() {
	kernel("gateAVX2", "func(out, x, y, from *float32, n int)", []string{"out", "x", "y", "from"}, none,
		func(at map[string]Mem) {
			shut := added(load(at["x"]), at["y"])
			VPSRAD(U8(31), shut, shut)
			VPANDN(at["from"], shut, shut)
			VMOVUPS(shut, at["out"])
		}, none)
}

func accumulate() {
	kernel("accumulateAVX2", "func(sums *float64, x *float32, n int)", []string{"sums", "x"}, none,
		func(at map[string]Mem) {
			low := at["sums"]
			low.Scale = 8
			high, upper := low.Offset(32), at["x"].Offset(16)
			a, b := YMM(), YMM()
			VCVTPS2PD(at["x"], a)
			VCVTPS2PD(upper, b)
			VADDPD(low, a, a)
			VADDPD(high, b, b)
			VMOVUPD(a, low)
			VMOVUPD(b, high)
		}, none)
}

func mul() {
	kernel("mulAVX2", "func(out, x, y *float32, n int)", []string{"out", "x", "y"}, none, func(at map[string]Mem) {
		VMOVUPS(multiplied(load(at["x"]), at["y"]), at["out"])
	}, none)
}

func add() {
	kernel("addAVX2", "func(out, x, y *float32, n int)", []string{"out", "x", "y"}, none, func(at map[string]Mem) {
		VMOVUPS(added(load(at["x"]), at["y"]), at["out"])
	}, none)
}

func descend() {
	var rate, zero reg.VecVirtual
	kernel("descendAVX2", "func(w, gradient *float32, rate float32, n int)", []string{"w", "gradient"}, func() {
		rate, zero = all("rate"), YMM()
		VXORPS(zero, zero, zero)
	}, func(at map[string]Mem) {
		step := YMM()
		VMULPS(at["gradient"], rate, step)
		VMOVUPS(less(load(at["w"]), step), at["w"])
		VMOVUPS(zero, at["gradient"])
	}, none)
}
