package notebooks

import (
	"fmt"
	"io"
	"os"
	"regexp"
	"slices"

	"github.com/cosmos72/gomacro/ast2"
	"github.com/cosmos72/gomacro/base"
	basereflect "github.com/cosmos72/gomacro/base/reflect"
	"github.com/cosmos72/gomacro/fast"
	"github.com/cosmos72/gomacro/xreflect"

	// What gophernotes links beside the interpreter, and packages of the checkout too: see TestAnyPackageFirst.
	_ "golang.org/x/sync/errgroup"
	_ "golang.org/x/text/transform"
)

// notes are what gomacro says of the generic functions of the standard library, in no particular order.
var notes = regexp.MustCompile(`(?m)^// warning: skipping import of .*\n`)

// kernel runs cells as gophernotes does: one interpreter, into which display and Display are put.
type kernel struct {
	ir    *fast.Interp
	shown []displayData // by the cell that runs
	count int
}

func newKernel() (*kernel, error) {
	k := &kernel{ir: fast.New()}
	k.ir.Comp.Stdout, k.ir.Comp.Stderr = io.Discard, io.Discard
	if _, err := k.ir.ImportPackagesOrError(map[string]fast.PackageName{"display": "display"}); err != nil {
		return nil, err
	}
	k.ir.DeclVar("Display", nil, func(displayData) error { return nil })
	return k, nil
}

// run runs one cell and returns its outputs in the order stream, displayed, result.
func (k *kernel) run(source string) (outputs []output, err error) {
	k.count++
	k.shown = nil
	k.ir.ValueOf("Display").Set(xreflect.ValueOf(k.display))
	var values []any
	printed, err := capture(func() (err error) {
		values, err = k.eval(source)
		return err
	})
	printed = notes.ReplaceAllString(printed, "")
	if printed != "" {
		outputs = append(outputs, output{Type: "stream", Name: "stdout", Text: lines(printed)})
	}
	for _, d := range k.shown {
		outputs = append(outputs, output{Type: "display_data", Data: stored(d.Data)})
	}
	if data := render(values); data != nil {
		outputs = append(outputs, output{Type: "execute_result", Count: k.count, Data: stored(data)})
	}
	return outputs, err
}

// display shows d, in place of what the cell has shown with the same display_id, as the patched gophernotes does.
func (k *kernel) display(d displayData) error {
	if id, ok := d.Transient["display_id"]; ok {
		at := slices.IndexFunc(k.shown, func(s displayData) bool { return s.Transient["display_id"] == id })
		if at >= 0 {
			k.shown[at] = d
			return nil
		}
	}
	k.shown = append(k.shown, d)
	return nil
}

// eval compiles and runs the source and returns the values of its last expression. gomacro reports errors by panics.
func (k *kernel) eval(source string) (values []any, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("%v", r)
		}
	}()
	c := k.ir.Comp
	c.Options &^= base.OptShowPrompt | base.OptTrapPanic
	c.Line = 0
	ast := ast2.AnyToAst(c.ParseBytes([]byte(source)), "cell")
	if ast == nil {
		return nil, nil
	}
	results, _ := k.ir.RunExpr(k.ir.CompileAst(ast))
	for _, r := range results {
		values = append(values, basereflect.ValueInterface(r))
	}
	return values, nil
}

// capture returns what f prints to standard output.
func capture(f func() error) (string, error) {
	r, w, err := os.Pipe()
	if err != nil {
		return "", err
	}
	stdout := os.Stdout
	os.Stdout = w
	text := make(chan string)
	go func() {
		b, _ := io.ReadAll(r)
		text <- string(b)
	}()
	err = f()
	os.Stdout = stdout
	w.Close()
	return <-text, err
}
