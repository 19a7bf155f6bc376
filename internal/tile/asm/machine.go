package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// machine writes the instructions of one kind of processor for numbers of 32 or 64 bits.
type machine struct {
	wide bool // AVX-512, else AVX2
	bits int
	mask reg.Register
}

func (m *machine) name(rows, vectors int, masked bool) string {
	kind := "avx2"
	if m.wide {
		kind = "avx512"
	}
	last := ""
	if masked {
		last = "Masked"
	}
	return fmt.Sprintf("%sFloat%d_%dx%d%s", kind, m.bits, rows, vectors, last)
}

// bytes is the size of a vector.
func (m *machine) bytes() int {
	if m.wide {
		return 64
	}
	return 32
}

func (m *machine) register() reg.VecVirtual {
	if m.wide {
		return ZMM()
	}
	return YMM()
}

func (m *machine) zero() reg.VecVirtual {
	r := m.register()
	if m.wide {
		VPXORD(r, r, r)
	} else {
		VXORPS(r, r, r)
	}
	return r
}

func (m *machine) loadMask(from Mem) {
	if m.wide {
		mask := K()
		KMOVW(from, mask)
		m.mask = mask
		return
	}
	mask := YMM()
	VMOVUPS(from, mask)
	m.mask = mask
}

func (m *machine) load(from Mem, to reg.VecVirtual, masked bool) {
	switch {
	case !masked:
		VMOVUPS(from, to)
	case m.wide && m.bits == 32:
		VMOVUPS_Z(from, m.mask, to)
	case m.wide:
		VMOVUPD_Z(from, m.mask, to)
	case m.bits == 32:
		VMASKMOVPS(from, m.mask, to)
	default:
		VMASKMOVPD(from, m.mask, to)
	}
}

func (m *machine) store(from reg.VecVirtual, to Mem, masked bool) {
	switch {
	case !masked:
		VMOVUPS(from, to)
	case m.wide && m.bits == 32:
		VMOVUPS(from, m.mask, to)
	case m.wide:
		VMOVUPD(from, m.mask, to)
	case m.bits == 32:
		VMASKMOVPS(from, m.mask, to)
	default:
		VMASKMOVPD(from, m.mask, to)
	}
}

func (m *machine) broadcast(from Mem) reg.VecVirtual {
	r := m.register()
	if m.bits == 32 {
		VBROADCASTSS(from, r)
	} else {
		VBROADCASTSD(from, r)
	}
	return r
}

// fused adds a b to sum.
func (m *machine) fused(a, b, sum reg.VecVirtual) {
	if m.bits == 32 {
		VFMADD231PS(a, b, sum)
	} else {
		VFMADD231PD(a, b, sum)
	}
}
