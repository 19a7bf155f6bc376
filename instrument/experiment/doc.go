// Package experiment puts the claims of two papers to the test, on exactly solvable cases and on networks: Parsi,
// Stochastic Thermodynamics of Learning Parametric Probabilistic Models (arXiv:2310.19802), and Salazar, Nonequilibrium
// thermodynamics of self-supervised learning (arXiv:2106.08981).
//
// An [Experiment] has two halves. Its exact case runs through the same program and the same judge where the answer is a
// closed form: only if it holds there is anything said of networks. Each half is a list of trainings ([Job]) and a
// judge, which reads their run folders and returns statements, each a number with its interval, what it is held against
// and a verdict, and the panels of a figure. A claim holds if all of its statements do; it fails if one does; else
// nothing can be told. What holds by definition is marked as an identity.
//
// The program train carries them out: "train experiment NAME".
package experiment
