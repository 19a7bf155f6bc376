//go:build ignore

// Style checks what gofmt and vet do not: run as "go run .ci/style.go [directory ...]" from the repository's root it
// prints file:line: what is wrong, for all tracked Go files or those under the given directories, and exits with 1 if
// there is any.
//
//   - no line is longer than 120 columns, a tab counting as one;
//   - if and switch assign to no outer variable in their header, but to an error;
//   - one statement assigns at most two values side by side;
//   - a library does not know the flags of a program.
package main

import (
	"bufio"
	"bytes"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"unicode/utf8"
)

const longest = 120 // columns of a line

// flag matches the flag of a program in the source of a string literal.
var flag = regexp.MustCompile("(^[\"`]| )--[a-z]")

func main() {
	names, err := tracked(os.Args[1:])
	if err != nil {
		fmt.Fprintln(os.Stderr, "style:", err)
		os.Exit(2)
	}
	found := 0
	for _, name := range names {
		n, err := check(name)
		if err != nil {
			fmt.Fprintln(os.Stderr, "style:", err)
			os.Exit(2)
		}
		found += n
	}
	if found > 0 {
		os.Exit(1)
	}
}

// tracked lists the Go files that git knows under the directories, and that still exist.
func tracked(directories []string) ([]string, error) {
	out, err := exec.Command("git", append([]string{"ls-files", "-z", "--"}, directories...)...).Output()
	if err != nil {
		return nil, fmt.Errorf("git ls-files: %w", err)
	}
	var names []string
	for _, name := range strings.Split(string(out), "\x00") {
		if strings.HasSuffix(name, ".go") && !strings.HasSuffix(name, ".pb.go") {
			if _, err := os.Stat(name); err == nil {
				names = append(names, name)
			}
		}
	}
	return names, nil
}

// check prints what is wrong with one file, and returns how much.
func check(name string) (found int, err error) {
	source, err := os.ReadFile(name)
	if err != nil {
		return 0, err
	}
	complain := func(line int, format string, args ...any) {
		fmt.Printf("%s:%d: %s\n", name, line, fmt.Sprintf(format, args...))
		found++
	}
	lines := bufio.NewScanner(bytes.NewReader(source))
	lines.Buffer(nil, len(source)+1)
	for i := 1; lines.Scan(); i++ {
		if n := utf8.RuneCount(lines.Bytes()); n > longest {
			complain(i, "line of %d columns: at most %d", n, longest)
		}
	}
	files := token.NewFileSet()
	file, err := parser.ParseFile(files, name, source, parser.SkipObjectResolution)
	if err != nil {
		return found, err
	}
	library := !strings.HasPrefix(name, "cmd/") && !strings.HasSuffix(name, "_test.go")
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.IfStmt:
			complainOfHeader(complain, files, n.Init)
		case *ast.SwitchStmt:
			complainOfHeader(complain, files, n.Init)
		case *ast.TypeSwitchStmt:
			complainOfHeader(complain, files, n.Init)
		case *ast.AssignStmt:
			if len(n.Lhs) > 2 && len(n.Lhs) == len(n.Rhs) {
				complain(files.Position(n.Pos()).Line, "%d values assigned side by side: at most 2", len(n.Lhs))
			}
		case *ast.BasicLit:
			if library && n.Kind == token.STRING && flag.MatchString(n.Value) {
				complain(files.Position(n.Pos()).Line, "a library names the flag of a program: %s", n.Value)
			}
		}
		return true
	})
	return found, nil
}

// complainOfHeader complains of an assignment in the header of an if or switch to anything but an error.
func complainOfHeader(complain func(int, string, ...any), files *token.FileSet, header ast.Stmt) {
	assign, ok := header.(*ast.AssignStmt)
	if !ok || assign.Tok == token.DEFINE {
		return
	}
	for _, target := range assign.Lhs {
		if name, ok := target.(*ast.Ident); !ok || name.Name != "err" && !strings.HasSuffix(name.Name, "Err") {
			complain(files.Position(assign.Pos()).Line, "an if or switch assigns to an outer variable in its header")
			return
		}
	}
}
