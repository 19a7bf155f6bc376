package report

import (
	"bytes"
	"image/color"
	"io"
	"math"
	"regexp"
	"time"

	"golang.org/x/image/font/sfnt"
	points "golang.org/x/image/math/fixed"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgpdf"
)

// pdfDate matches the two dates of a PDF file, which do not depend on what is drawn.
var pdfDate = regexp.MustCompile(`/(CreationDate|ModDate) \(D:\d{14}`)

// pdf writes the figure as a PDF file that says it was made at the given time: the same record gives the same bytes.
func (f *figure) pdf(w io.Writer, made time.Time) error {
	canvas := outlines{vgpdf.New(f.width(), f.height())}
	f.draw(draw.New(canvas))
	var b bytes.Buffer
	if _, err := canvas.WriteTo(&b); err != nil {
		return err
	}
	_, err := w.Write(pdfDate.ReplaceAll(b.Bytes(), []byte("/$1 (D:"+made.UTC().Format("20060102150405"))))
	return err
}

// outlines draws texts as the outlines of their letters: gonum's own PDF canvas has neither bold nor Greek ones.
type outlines struct{ *vgpdf.Canvas }

// SetColor implements vg.Canvas. A PDF file blends colours as they are, gonum hands it those that were blended already.
func (c outlines) SetColor(look color.Color) {
	plain := color.NRGBAModel.Convert(look).(color.NRGBA)
	c.Canvas.SetColor(blended{plain})
}

// blended has the components of a colour, not multiplied by its opacity.
type blended struct{ color.NRGBA }

// RGBA implements color.Color.
func (c blended) RGBA() (r, g, b, a uint32) {
	r, g, b, _ = color.NRGBA{R: c.R, G: c.G, B: c.B, A: math.MaxUint8}.RGBA()
	return r, g, b, uint32(c.A) * 0x101
}

// FillString implements vg.Canvas.
func (c outlines) FillString(face font.Face, at vg.Point, text string) {
	const perEm = 1000
	var buffer sfnt.Buffer
	scale := func(v points.Int26_6) vg.Length { return face.Font.Size * vg.Length(v) / (64 * perEm) }
	x := at.X
	for _, r := range text {
		glyph, err := face.Face.GlyphIndex(&buffer, r)
		if err != nil {
			continue
		}
		segments, err := face.Face.LoadGlyph(&buffer, glyph, points.I(perEm), nil)
		if err != nil {
			continue
		}
		point := func(p points.Point26_6) vg.Point { return vg.Point{X: x + scale(p.X), Y: at.Y - scale(p.Y)} }
		var path vg.Path
		for _, s := range segments {
			switch s.Op {
			case sfnt.SegmentOpMoveTo:
				path.Move(point(s.Args[0]))
			case sfnt.SegmentOpLineTo:
				path.Line(point(s.Args[0]))
			case sfnt.SegmentOpQuadTo:
				path.QuadTo(point(s.Args[0]), point(s.Args[1]))
			case sfnt.SegmentOpCubeTo:
				path.CubeTo(point(s.Args[0]), point(s.Args[1]), point(s.Args[2]))
			}
		}
		if len(path) > 0 {
			path.Close()
			c.Fill(path)
		}
		if advance, err := face.Face.GlyphAdvance(&buffer, glyph, points.I(perEm), 0); err == nil {
			x += scale(advance)
		}
	}
}
