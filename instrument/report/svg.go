package report

import (
	"bytes"
	"fmt"
	"html"
	"html/template"
	"io"
	"regexp"
	"strconv"
	"strings"

	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgsvg"
)

// svgText matches a text element as gonum's SVG canvas writes it: attributes, style and content.
var svgText = regexp.MustCompile(`(<text [^>]*?)\s*style="([^"]*)">([^<]*)</text>`)

var svgFontSize = regexp.MustCompile(`font-size:([0-9.]+)px`)

// svg writes the figure as an SVG file. Texts carry the length they have in the Liberation fonts, by which the figure
// was laid out, so that it keeps its layout where other fonts stand in for them.
func (f *figure) svg(w io.Writer) error {
	canvas := vgsvg.New(f.width(), f.height())
	f.draw(draw.New(canvas))
	var b bytes.Buffer
	if _, err := canvas.WriteTo(&b); err != nil {
		return err
	}
	_, err := w.Write(svgText.ReplaceAllFunc(b.Bytes(), portableText))
	return err
}

func portableText(element []byte) []byte {
	part := svgText.FindSubmatch(element)
	size := 12.0 // gonum leaves out the size that is the default of SVG
	if m := svgFontSize.FindSubmatch(part[2]); m != nil {
		size, _ = strconv.ParseFloat(string(m[1]), 64)
	}
	bold := bytes.Contains(part[2], []byte("font-weight:bold"))
	content := html.UnescapeString(string(part[3]))
	if strings.TrimSpace(content) == "" {
		return nil
	}
	weight, fill := "", ""
	if bold {
		weight = ` font-weight="bold"`
	}
	if _, after, ok := bytes.Cut(part[2], []byte("fill:")); ok {
		colour, _, _ := bytes.Cut(after, []byte(";"))
		fill = fmt.Sprintf(` fill="%s"`, colour)
	}
	const family = `'Liberation Sans',Arial,Helvetica,sans-serif`
	length := textStyle(size, bold).Width(content).Points()
	fit := fmt.Sprintf(`textLength="%.2f" lengthAdjust="spacingAndGlyphs"`, length)
	return fmt.Appendf(nil, `%s font-family="%s" font-size="%g"%s%s %s>%s</text>`,
		part[1], family, size, weight, fill, fit, part[3])
}

// inline turns an SVG file into an element of a page that fills the width it is given. The file is this package's own:
// every text in it was escaped as it was drawn.
func inline(svg, title string) template.HTML {
	_, attributes, _ := strings.Cut(svg, "<svg ")
	_, viewBox, _ := strings.Cut(attributes, "viewBox=\"")
	viewBox, _, _ = strings.Cut(viewBox, "\"")
	_, body, _ := strings.Cut(attributes, ">")
	return template.HTML(fmt.Sprintf("<svg viewBox=%q role=\"img\" aria-label=%q xmlns=\"http://www.w3.org/2000/svg\">%s",
		viewBox, template.HTMLEscapeString(title), body))
}
