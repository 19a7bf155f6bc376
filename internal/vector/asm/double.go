package main

import (
	"fmt"
	"math"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// doubles are sums in double precision: four registers, so many that no sum waits for the one before.
type doubles [4]reg.VecVirtual

func (d *doubles) start(from Mem) {
	for i := range d {
		d[i] = load(from.Offset(32 * i))
	}
}

func (d *doubles) end(to Mem) {
	for i, sum := range d {
		VMOVUPD(sum, to.Offset(32*i))
	}
}

// double returns four numbers in double precision.
func double(from Mem) reg.VecVirtual { y := YMM(); VCVTPS2PD(from, y); return y }

func timesDouble(x reg.VecVirtual, by Op) reg.VecVirtual { y := YMM(); VMULPD(by, x, y); return y }

// products sums x y, or (x - y)^2, in double precision.
func products(name string, differences bool) {
	var sums doubles
	var at Mem
	wideKernel(name, "func(sums *[16]float64, x, y *float32, n int)", 16, []string{"x", "y"}, func() {
		at = Mem{Base: Load(Param("sums"), GP64())}
		sums.start(at)
	}, func(of map[string]Mem) {
		for i, sum := range sums {
			x, y := double(of["x"].Offset(16*i)), double(of["y"].Offset(16*i))
			if differences {
				VSUBPD(y, x, x)
				VMULPD(x, x, x)
			} else {
				VMULPD(y, x, x)
			}
			VADDPD(x, sum, sum)
		}
	}, func() { sums.end(at) })
}

// marks are of numbers that are not finite: the bits of a part with one are set.
type marks []reg.VecVirtual

func (m marks) start() {
	for i := range m {
		m[i] = YMM()
		VXORPS(m[i], m[i], m[i])
	}
}

// enter marks numbers whose exponent is the largest.
func (m marks) enter(i int, x reg.VecVirtual) {
	VANDPS(bits(1<<31-1), x, x)
	VPCMPGTD(bits(0x7f7fffff), x, x) // as whole numbers
	VORPS(x, m[i], m[i])
}

func (m marks) end() {
	for _, mark := range m[1:] {
		VORPS(mark, m[0], m[0])
	}
	VMOVUPS(m[0], Mem{Base: Load(Param("marks"), GP64())})
}

func finite() {
	m := make(marks, 4)
	wideKernel("finiteAVX2", "func(marks *[8]uint32, x *float32, n int)", 32, []string{"x"}, m.start,
		func(at map[string]Mem) {
			for i := range m {
				m.enter(i, load(at["x"].Offset(32*i)))
			}
		}, m.end)
}

// gradient sums the squares of x, a gradient, and marks what of w is not finite.
func gradient() {
	var sums doubles
	var to Mem
	m := make(marks, 2)
	wideKernel("gradientAVX2", "func(sums *[16]float64, marks *[8]uint32, x, w *float32, n int)", 16, []string{"x", "w"},
		func() {
			to = Mem{Base: Load(Param("sums"), GP64())}
			sums.start(to)
			m.start()
		}, func(at map[string]Mem) {
			for i, sum := range sums {
				g := double(at["x"].Offset(16 * i))
				VMULPD(g, g, g)
				VADDPD(g, sum, sum)
			}
			for i := range m {
				m.enter(i, load(at["w"].Offset(32*i)))
			}
		}, func() {
			sums.end(to)
			m.end()
		})
}

// adam is a step of weights of so many bits, four at a time, see the function in Go.
func adam(bits int) {
	const (
		scale = iota
		decay
		keep1
		add1
		keep2
		add2
		correct1
		correct2
		rate
		least
	)
	var terms Mem
	term := func(i int) Mem { return terms.Offset(32 * i) }
	plus := func(x reg.VecVirtual, y Op) reg.VecVirtual { VADDPD(y, x, x); return x }
	over := func(x reg.VecVirtual, by Op) reg.VecVirtual { y := YMM(); VDIVPD(by, x, y); return y }
	signature := fmt.Sprintf("func(w, slopes *float%d, m, v *float64, terms *[10][4]float64, n int)", bits)
	wideKernel(fmt.Sprintf("adam%dAVX2", bits), signature, 4, []string{"w", "slopes", "m", "v"},
		func() { terms = Mem{Base: Load(Param("terms"), GP64())} },
		func(at map[string]Mem) {
			wide := func(name string) Mem { m := at[name]; m.Scale = 8; return m }
			number := func(name string) reg.VecVirtual {
				if bits == 32 {
					return double(at[name])
				}
				return load(wide(name))
			}
			x := number("w")
			d := plus(timesDouble(number("slopes"), term(scale)), timesDouble(x, term(decay)))
			m := plus(timesDouble(load(wide("m")), term(keep1)), timesDouble(d, term(add1)))
			v := plus(timesDouble(load(wide("v")), term(keep2)), timesDouble(timesDouble(d, term(add2)), d))
			VMOVUPD(m, wide("m"))
			VMOVUPD(v, wide("v"))
			root := over(v, term(correct2))
			VSQRTPD(root, root)
			VSUBPD(over(timesDouble(over(m, term(correct1)), term(rate)), plus(root, term(least))), x, x)
			if bits == 32 {
				narrow := XMM()
				VCVTPD2PSY(x, narrow)
				VMOVUPS(narrow, at["w"])
			} else {
				VMOVUPD(x, wide("w"))
			}
		}, none)
}

var quads = map[uint64]Mem{}

// quad is a constant of 64 bits in four lanes.
func quad(b uint64) Mem {
	if _, ok := quads[b]; !ok {
		quads[b] = GLOBL(fmt.Sprintf("quad%016x", b), 8|16)
		for i := range 4 {
			DATA(8*i, U64(b))
		}
	}
	return quads[b]
}

// exp is e^(x - top) of numbers of so many bits, four at a time, see the function in Go.
func exp(bits int) {
	constant := func(x float64) Mem { return quad(math.Float64bits(x)) }
	var sums, top reg.VecVirtual
	name, signature := fmt.Sprintf("exp%dAVX2", bits),
		fmt.Sprintf("func(sums *[4]float64, dst *float64, x *float%d, top float%d, n int)", bits, bits)
	wideKernel(name, signature, 4, []string{"dst", "x"}, func() {
		sums, top = YMM(), YMM()
		VXORPD(sums, sums, sums)
		from, err := Param("top").Resolve()
		if err != nil {
			panic(err)
		}
		if bits == 32 {
			VBROADCASTSS(from.Addr, top)
		} else {
			VBROADCASTSD(from.Addr, top)
		}
	}, func(at map[string]Mem) {
		z := YMM()
		if bits == 32 {
			x := XMM()
			VMOVUPS(at["x"], x)
			VSUBPS(top.AsX(), x, x)
			VCVTPS2PD(x, z)
		} else {
			x := at["x"]
			x.Scale = 8
			VMOVUPD(x, z)
			VSUBPD(top, z, z)
		}
		within := YMM()
		VCMPPD(U8(0x15), constant(-708), z, within) // not less; true of NaN
		t := timesDouble(z, constant(1/math.Ln2))
		n, r := YMM(), YMM()
		VADDPD(constant(3<<51), t, t)
		VSUBPD(constant(3<<51), t, n)
		VSUBPD(timesDouble(n, constant(6.93147180369123816490e-01)), z, r)
		VSUBPD(timesDouble(n, constant(1.90821492927058770002e-10)), r, r)
		factorial := 6227020800.
		p := load(constant(1 / factorial))
		for i := 13.; i > 0; i-- {
			factorial /= i
			p = timesDouble(p, r)
			VADDPD(constant(1/factorial), p, p)
		}
		VPSLLQ(U8(52), t, t)
		VPADDQ(quad(1023<<52), t, t)
		e := timesDouble(p, t)
		VANDPD(within, e, e)
		VADDPD(e, sums, sums)
		dst := at["dst"]
		dst.Scale = 8
		VMOVUPD(e, dst)
	}, func() { VMOVUPD(sums, Mem{Base: Load(Param("sums"), GP64())}) })
}
