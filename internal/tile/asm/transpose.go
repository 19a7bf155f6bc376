package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// squares writes a kernel that transposes n squares of numbers, each row a vector: they stand one below the other in
// src, whose rows are ld bytes apart, and side by side in dst, whose rows are stride bytes apart.
func squares(name string, side int, transposed func(rows []reg.VecVirtual) []reg.VecVirtual) {
	TEXT(name, NOSPLIT, "func(dst *byte, stride int, src *byte, ld, n int)")
	Pragma("noescape")
	dst, stride := Load(Param("dst"), GP64()), Load(Param("stride"), GP64())
	src, ld := Load(Param("src"), GP64()), Load(Param("ld"), GP64())
	left, to := Load(Param("n"), GP64()), GP64()
	Label("loop")
	var rows []reg.VecVirtual
	for range side {
		row := YMM()
		VMOVUPS(Mem{Base: src}, row)
		ADDQ(ld, src)
		rows = append(rows, row)
	}
	MOVQ(dst, to)
	for _, row := range transposed(rows) {
		VMOVUPS(row, Mem{Base: to})
		ADDQ(stride, to)
	}
	ADDQ(U8(32), dst)
	DECQ(left)
	JNE(LabelRef("loop"))
	VZEROUPPER()
	RET()
}

// transposed32 exchanges rows and columns of 8 x 8: first in pairs, then in squares of four, then of halves.
func transposed32(r []reg.VecVirtual) []reg.VecVirtual {
	var pairs, fours [8]reg.VecVirtual
	for i := 0; i < 8; i += 2 {
		pairs[i], pairs[i+1] = YMM(), YMM()
		VUNPCKLPS(r[i+1], r[i], pairs[i])
		VUNPCKHPS(r[i+1], r[i], pairs[i+1])
	}
	for i := 0; i < 8; i += 4 {
		for half := range 2 {
			low, high := YMM(), YMM()
			VSHUFPS(U8(0x44), pairs[i+2+half], pairs[i+half], low)
			VSHUFPS(U8(0xee), pairs[i+2+half], pairs[i+half], high)
			fours[i+2*half], fours[i+2*half+1] = low, high
		}
	}
	return halves(fours[:])
}

// transposed64 does so for 4 x 4.
func transposed64(r []reg.VecVirtual) []reg.VecVirtual {
	var pairs [4]reg.VecVirtual
	for i := 0; i < 4; i += 2 {
		pairs[i], pairs[i+1] = YMM(), YMM()
		VUNPCKLPD(r[i+1], r[i], pairs[i])
		VUNPCKHPD(r[i+1], r[i], pairs[i+1])
	}
	return halves(pairs[:])
}

// halves exchanges the upper halves of the first half of the rows with the lower halves of the others.
func halves(r []reg.VecVirtual) []reg.VecVirtual {
	n := len(r) / 2
	out := make([]reg.VecVirtual, 2*n)
	for i := range n {
		out[i], out[i+n] = YMM(), YMM()
		VPERM2F128(U8(0x20), r[i+n], r[i], out[i])
		VPERM2F128(U8(0x31), r[i+n], r[i], out[i+n])
	}
	return out
}
