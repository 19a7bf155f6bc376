package notebooks

import (
	"fmt"
	"io"
	"os"
	"regexp"
	"strings"

	"github.com/cosmos72/gomacro/ast2"
	"github.com/cosmos72/gomacro/base"
	basereflect "github.com/cosmos72/gomacro/base/reflect"
	"github.com/cosmos72/gomacro/fast"
	"github.com/cosmos72/gomacro/xreflect"
)

// placeholder stands for the checkout's path in the notebooks.
const placeholder = "/path/to/calorimeter"

// notes are what gomacro says of the generic functions of the standard library, in no particular order.
var notes = regexp.MustCompile(`(?m)^// warning: skipping import of .*\n`)

// kernel runs cells as gophernotes does: one interpreter, into which display and Display are put.
type kernel struct {
	ir       *fast.Interp
	checkout string
	shown    []displayData // by the cell that runs
	count    int
}

func newKernel(checkout string) (*kernel, error) {
	k := &kernel{ir: fast.New(), checkout: checkout}
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
	k.ir.ValueOf("Display").Set(xreflect.ValueOf(func(d displayData) error {
		k.shown = append(k.shown, d)
		return nil
	}))
	var values []any
	printed, err := capture(func() (err error) {
		values, err = k.eval(strings.ReplaceAll(source, placeholder, k.checkout))
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
