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
	"slices"
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
	clean := true
	for _, name := range names {
		found, err := check(name)
		if err != nil {
			fmt.Fprintln(os.Stderr, "style:", err)
			os.Exit(2)
		}
		for _, c := range found {
			fmt.Printf("%s:%d: %s\n", name, c.line, c.what)
			clean = false
		}
	}
	if !clean {
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
		if strings.HasSuffix(name, ".go") {
			if _, err := os.Stat(name); err == nil {
				names = append(names, name)
			}
		}
	}
	return names, nil
}

// complaint is one thing that is wrong with a file.
type complaint struct {
	line int
	what string
}

// check lists what is wrong with one file, from its first line to its last.
func check(name string) ([]complaint, error) {
	source, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	if bytes.HasPrefix(source, []byte("// Code generated ")) {
		return nil, nil
	}
	var found []complaint
	complain := func(line int, format string, args ...any) {
		found = append(found, complaint{line, fmt.Sprintf(format, args...)})
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
		return nil, err
	}
	library := file.Name.Name != "main" && !strings.HasSuffix(name, "_test.go")
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
	slices.SortStableFunc(found, func(a, b complaint) int { return a.line - b.line })
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
