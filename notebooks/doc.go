// Package notebooks holds the notebooks for Jupyter's Go kernel, gophernotes, and the test that runs them: see
// README.md. It is a module of its own, so that nobody else inherits the interpreter.
package notebooks
