// Asm writes the kernels of package tile, for processors with AVX2 and FMA and for those with AVX-512.
package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

func main() {
	for _, m := range []*machine{{bits: 32}, {bits: 64}, {bits: 32, wide: true}, {bits: 64, wide: true}} {
		for rows := 5; rows <= most; rows++ {
			for _, masked := range []bool{false, true} {
				for vectors := range m.bytes() / 16 {
					tile(m, rows, vectors+1, masked)
				}
			}
		}
	}
	squares("transpose32AVX2", 8, transposed32)
	squares("transpose64AVX2", 4, transposed64)
	Generate()
}

// most is how many rows a kernel makes at most.
const most = 6

// The places of what a kernel is given, see the type arguments in Go.
const (
	atA = 8 * most * iota
	atC
	atB
	atK    = atB + 8
	atColA = atB + 16
	atRowB = atB + 24
	atMask = atB + 32
	atAdd  = atB + 40
)

// tile writes a kernel for so many rows of so many vectors, the last of which may be masked: C = A B, or C += A B.
func tile(m *machine, rows, vectors int, masked bool) {
	TEXT(m.name(rows, vectors, masked), NOSPLIT, "func(args *byte)")
	Pragma("noescape")
	args := Load(Param("args"), GP64())
	argument := func(at int) reg.GPVirtual {
		r := GP64()
		MOVQ(Mem{Base: args, Disp: at}, r)
		return r
	}
	if masked {
		m.loadMask(Mem{Base: argument(atMask)})
	}
	partial := func(v int) bool { return masked && v == vectors-1 }
	var sums [most][4]reg.VecVirtual
	ofC := func(do func(number Mem, sum reg.VecVirtual, masked bool)) {
		for i := range rows {
			c := Mem{Base: argument(atC + 8*i)}
			for v := range vectors {
				do(c.Offset(v*m.bytes()), sums[i][v], partial(v))
			}
		}
	}
	for i := range rows {
		for v := range vectors {
			sums[i][v] = m.zero()
		}
	}
	CMPQ(Mem{Base: args, Disp: atAdd}, U8(0))
	JEQ(LabelRef("begin"))
	ofC(m.load)
	Label("begin")
	var a [most]reg.GPVirtual
	for i := range rows {
		a[i] = argument(atA + 8*i)
	}
	b, colA := argument(atB), argument(atColA)
	rowB, left := argument(atRowB), argument(atK)
	along := GP64() // the rows of A, in bytes
	XORQ(along, along)
	Label("loop")
	var row [4]reg.VecVirtual // of B
	for v := range vectors {
		row[v] = m.register()
		m.load(Mem{Base: b, Disp: v * m.bytes()}, row[v], partial(v))
	}
	for i := range rows {
		number := m.broadcast(Mem{Base: a[i], Index: along, Scale: 1})
		for v := range vectors {
			m.fused(number, row[v], sums[i][v])
		}
	}
	ADDQ(colA, along)
	ADDQ(rowB, b)
	DECQ(left)
	JNE(LabelRef("loop"))
	ofC(func(number Mem, sum reg.VecVirtual, masked bool) { m.store(sum, number, masked) })
	VZEROUPPER()
	RET()
}
