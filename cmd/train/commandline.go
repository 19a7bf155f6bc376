package main

import (
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/alecthomas/kong"
)

// parseLine reads a command line into the fields of grammar, whose values so far are the defaults. Errors refer to the
// help of see. An inquiry is told the grammar, and nothing is parsed; the error is errHelp.
func parseLine(grammar any, args []string, std streams, see string, options ...kong.Option) (*kong.Context, error) {
	helped := false
	parser, err := kong.New(grammar, append(options,
		kong.Writers(std.out, std.err), kong.Exit(func(int) { helped = true }), kong.PostBuild(prefill),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, WrapUpperBound: 110}))...)
	if err != nil {
		return nil, err
	}
	if asked, ok := std.out.(inquiry); ok {
		asked.tell(parser.Model)
		return nil, errHelp
	}
	line, err := parser.Parse(withNegatives(parser.Model.Node, args))
	if helped {
		return nil, errHelp
	}
	if err == nil {
		err = limits(line)
	}
	if err != nil {
		return nil, usagef("%w (see %s --help)", err, see)
	}
	return line, nil
}

// withNegatives joins a flag that takes a value and a negative number behind it, which would be taken for a flag.
func withNegatives(node *kong.Node, args []string) (joined []string) {
	valued := valuedFlags(node)
	for _, arg := range args {
		if n := len(joined) - 1; n >= 0 && negative(arg) && slices.Contains(valued, joined[n]) {
			joined[n] += "=" + arg
			continue
		}
		joined = append(joined, arg)
	}
	return joined
}

// valuedFlags are the flags that take a value, of a command and of those below it.
func valuedFlags(node *kong.Node) (names []string) {
	for _, f := range node.Flags {
		if !f.IsBool() {
			names = append(names, "--"+f.Name)
		}
	}
	for _, child := range node.Children {
		names = append(names, valuedFlags(child)...)
	}
	return names
}

// negative reports whether an argument is a number below 0.
func negative(arg string) bool {
	_, err := strconv.ParseFloat(arg, 64)
	return err == nil && strings.HasPrefix(arg, "-")
}

// prefill makes the value that a field has before parsing the default of its flag, unless the tag has one and the value
// is 0.
func prefill(k *kong.Kong) error {
	for _, f := range k.Model.Flags {
		if !f.IsBool() && f.Target.Kind() != reflect.Pointer && !(f.HasDefault && f.Target.IsZero()) {
			f.HasDefault, f.Default = true, written(f.Target)
		}
	}
	return nil
}

// written is a value as it is written on the command line.
func written(v reflect.Value) string {
	text := fmt.Sprint(reflect.Indirect(v))
	if v.Kind() == reflect.Slice {
		text = strings.ReplaceAll(strings.Trim(text, "[]"), " ", ",")
	}
	return text
}

// limits rejects a number below the tag least of its flag or above the tag most. Libraries check their settings
// themselves; the tags are for what they cannot, such as a 0 that they would take for their default.
func limits(line *kong.Context) error {
	float := reflect.TypeFor[float64]()
	for _, f := range line.Flags() {
		v := reflect.Indirect(f.Target)
		if v.Kind() == reflect.Slice {
			for i := range v.Len() {
				if err := countable(f, v.Index(i)); err != nil {
					return err
				}
			}
		}
		if !v.IsValid() || !v.CanConvert(float) {
			continue
		}
		number := v.Convert(float).Float()
		if least, err := f.Tag.GetFloat("least"); err == nil && !(number >= least) {
			return fmt.Errorf("--%s is %v; it must be %v or more", f.Name, v, least)
		}
		if most, err := f.Tag.GetFloat("most"); err == nil && !(number <= most) {
			return fmt.Errorf("--%s is %v; it must be %v or less", f.Name, v, most)
		}
		if err := countable(f, v); err != nil {
			return err
		}
	}
	return nil
}

// countable rejects a number of things that no machine holds.
func countable(f *kong.Flag, v reflect.Value) error {
	if v.CanInt() && v.Int() > maxCount {
		return fmt.Errorf("--%s is %v; it must be %d or less", f.Name, v, maxCount)
	}
	return nil
}

// given reports whether a flag was on the command line, by the address of its field.
func given(line *kong.Context, field any) bool {
	return slices.ContainsFunc(line.Path, func(p *kong.Path) bool {
		return p.Flag != nil && p.Flag.Target.Addr().Interface() == field
	})
}
