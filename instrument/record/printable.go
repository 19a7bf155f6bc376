package record

import (
	"reflect"
	"strconv"
	"strings"
	"unicode"
)

// Printable returns a text in which characters that command a terminal, or that nobody sees, stand as their escapes,
// such as \x1b. Ends of lines and tabs stay.
func Printable(text string) string {
	unseen := func(r rune) bool { return r != '\n' && r != '\t' && !unicode.IsGraphic(r) }
	if !strings.ContainsFunc(text, unseen) {
		return text
	}
	var b strings.Builder
	for _, r := range text {
		if unseen(r) {
			b.WriteString(strings.Trim(strconv.QuoteRuneToASCII(r), "'"))
		} else {
			b.WriteRune(r)
		}
	}
	return b.String()
}

// printable makes all texts Printable that v, which was read from a file, holds or points to.
func printable(v reflect.Value) {
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			printable(v.Elem())
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Field(i).CanSet() {
				printable(v.Field(i))
			}
		}
	case reflect.Slice:
		if k := v.Type().Elem().Kind(); k > reflect.Complex128 { // no list of numbers
			for i := range v.Len() {
				printable(v.Index(i))
			}
		}
	case reflect.Map:
		for _, key := range v.MapKeys() {
			name, value := reflect.New(key.Type()).Elem(), reflect.New(v.Type().Elem()).Elem()
			name.Set(key)
			value.Set(v.MapIndex(key))
			printable(name)
			printable(value)
			v.SetMapIndex(key, reflect.Value{})
			v.SetMapIndex(name, value)
		}
	case reflect.String:
		v.SetString(Printable(v.String()))
	}
}
