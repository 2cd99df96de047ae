package e2e

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// unguarded returns the places of a file that start a goroutine whose panic
// nobody catches, and how many start one at all. A goroutine is started by a go
// statement, by the method Go of a group, and by AfterFunc of time and context.
func unguarded(files *token.FileSet, file *ast.File) (places []string, all int) {
	ast.Inspect(file, func(node ast.Node) bool {
		var run ast.Expr // what runs in the goroutine
		switch node := node.(type) {
		case *ast.GoStmt:
			run = node.Call.Fun
		case *ast.CallExpr:
			called, ok := node.Fun.(*ast.SelectorExpr)
			if !ok || len(node.Args) == 0 || called.Sel.Name != "Go" && called.Sel.Name != "AfterFunc" {
				return true
			}
			if named(called.X) == "guard" {
				all++
				return true
			}
			run = node.Args[len(node.Args)-1]
		default:
			return true
		}
		all++
		if !catches(run) {
			places = append(places, files.Position(node.Pos()).String())
		}
		return true
	})
	return places, all
}

// named returns the name that an expression is or ends with.
func named(x ast.Expr) string {
	switch x := x.(type) {
	case *ast.Ident:
		return x.Name
	case *ast.SelectorExpr:
		return x.Sel.Name
	}
	return ""
}

// catches reports whether a function that is run catches its panic: it is one of
// guard.Func, or a literal that defers a Catch before it does anything else. One
// that only cancels a context may do without.
func catches(run ast.Expr) bool {
	if call, ok := run.(*ast.CallExpr); ok {
		called, ok := call.Fun.(*ast.SelectorExpr)
		return ok && called.Sel.Name == "Func" && named(called.X) == "guard"
	}
	literal, ok := run.(*ast.FuncLit)
	if !ok {
		return false
	}
	if body := literal.Body.List; len(body) == 1 {
		if call := called(body[0]); call != nil && named(call.Fun) == "cancel" {
			return true
		}
	}
	for _, statement := range literal.Body.List {
		deferred, ok := statement.(*ast.DeferStmt)
		if !ok {
			return false
		}
		if named(deferred.Call.Fun) == "Catch" {
			return true
		}
	}
	return false
}

// called returns the call that a statement is, nil if it is something else.
func called(statement ast.Stmt) *ast.CallExpr {
	if expression, ok := statement.(*ast.ExprStmt); ok {
		call, _ := expression.X.(*ast.CallExpr)
		return call
	}
	return nil
}

// testOnly are folders of what only tests import.
var testOnly = []string{"commontest", "faulty", "pipe", "sessiontest", "simulatortest"}

// shipped returns the Go files of the program, whatever system they are for.
func shipped(t *testing.T) []string {
	t.Helper()
	paths := []string{"../../main.go"}
	for _, floor := range []string{"model", "views", "poller"} {
		err := filepath.WalkDir(filepath.Join("../..", floor), func(path string, entry fs.DirEntry, err error) error {
			if entry != nil && entry.IsDir() && slices.Contains(testOnly, entry.Name()) {
				return fs.SkipDir
			}
			if err == nil && strings.HasSuffix(path, ".go") && !strings.HasSuffix(path, "_test.go") {
				paths = append(paths, path)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return paths
}

func TestEveryGoroutineIsGuarded(t *testing.T) {
	total := 0
	for _, path := range shipped(t) {
		if filepath.Base(filepath.Dir(path)) == "guard" {
			continue // what the others are started through
		}
		files := token.NewFileSet()
		file, err := parser.ParseFile(files, path, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		places, all := unguarded(files, file)
		total += all
		for _, place := range places {
			t.Errorf("%s: a panic in this goroutine would end the process with the terminal left as it is: start it with guard.Go, or give guard.Func(f)", place)
		}
	}
	if total < 20 {
		t.Errorf("only %d goroutines were found: is the program elsewhere?", total)
	}
}

func TestUnguardedGoroutinesAreFound(t *testing.T) {
	for statement, found := range map[string]bool{
		`go f()`:              true,
		`go x.f(1)`:           true,
		`go func() { f() }()`: true,
		`go func() { f(); defer guard.Catch() }()`:                   true,
		`go func() { defer close(c); f() }()`:                        true,
		`group.Go(f)`:                                                true,
		`x.group.Go(func() { f() })`:                                 true,
		`time.AfterFunc(d, f)`:                                       true,
		`time.AfterFunc(d, func() { cancel(); f() })`:                true,
		`context.AfterFunc(ctx, f)`:                                  true,
		`if x { for { go f() } }`:                                    true,
		`guard.Go(func() { go f() })`:                                true,
		`guard.Go(f)`:                                                false,
		`go guard.Func(f)()`:                                         false,
		`group.Go(guard.Func(f))`:                                    false,
		`time.AfterFunc(d, guard.Func(f))`:                           false,
		`time.AfterFunc(d, func() { x.cancel(cause) })`:              false,
		`go func() { defer o.Crash.Catch(); f() }()`:                 false,
		`go func() { defer close(c); defer o.Crash.Catch(); f() }()`: false,
		`f()`: false,
	} {
		files := token.NewFileSet()
		file, err := parser.ParseFile(files, "x.go", fmt.Sprintf("package x\nfunc y() { %s }", statement), 0)
		if err != nil {
			t.Fatal(err)
		}
		if places, _ := unguarded(files, file); (len(places) > 0) != found {
			t.Errorf("%s: found is %v", statement, places)
		}
	}
}
