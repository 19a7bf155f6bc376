package notebooks

import (
	"encoding/base64"
	"fmt"
	"reflect"
	"strings"

	"github.com/cosmos72/gomacro/imports"
)

// The package display and the function Display of gophernotes, as far as the notebooks use them: a Data holds one value
// in several MIME types; Display shows it at once; a value with the method SVG or PNG, or a Data, is shown where it is
// the last expression of a cell.

// mimeMap is gophernotes' display.MIMEMap.
type mimeMap = map[string]any

// displayData is gophernotes' display.Data.
type displayData = struct{ Data, Metadata, Transient mimeMap }

func makeData(mime string, value any) displayData {
	d := displayData{Data: mimeMap{mime: value}}
	if mime != "text/plain" {
		d.Data["text/plain"] = fmt.Sprint(value)
	}
	return d
}

func init() {
	imports.Packages["display"] = imports.Package{
		Name: "display",
		Binds: map[string]reflect.Value{
			"HTML":     reflect.ValueOf(func(s string) displayData { return makeData("text/html", s) }),
			"Markdown": reflect.ValueOf(func(s string) displayData { return makeData("text/markdown", s) }),
			"PNG":      reflect.ValueOf(func(b []byte) displayData { return makeData("image/png", b) }),
			"SVG":      reflect.ValueOf(func(s string) displayData { return makeData("image/svg+xml", s) }),
			"MakeData": reflect.ValueOf(makeData),
		},
		Types: map[string]reflect.Type{
			"Data": reflect.TypeFor[displayData](),
		},
	}
}

// render returns the data that gophernotes makes of the results of a cell: of the one result that can be shown as a
// picture, if there is no other but nils, else of their text; nil where all are nil.
func render(values []any) mimeMap {
	var picture mimeMap
	nils := 0
	for _, v := range values {
		switch v := v.(type) {
		case nil:
			nils++
		case displayData:
			picture = v.Data
		case interface{ SVG() string }:
			picture = mimeMap{"image/svg+xml": v.SVG()}
		case interface{ PNG() []byte }:
			picture = mimeMap{"image/png": v.PNG()}
		}
	}
	switch {
	case nils == len(values):
		return nil
	case picture != nil && nils == len(values)-1:
		return picture
	}
	return mimeMap{"text/plain": strings.TrimSuffix(fmt.Sprintln(values...), "\n")}
}

// stored returns data as a notebook keeps them: text as lines, bytes in base64.
func stored(data mimeMap) map[string]any {
	out := make(map[string]any)
	for mime, v := range data {
		switch v := v.(type) {
		case []byte:
			out[mime] = base64.StdEncoding.EncodeToString(v)
		case string:
			out[mime] = lines(v)
		default:
			out[mime] = v
		}
	}
	return out
}
