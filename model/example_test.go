package model_test

import (
	"fmt"
	"math/rand/v2"

	"calorimeter/model"
)

// A small restricted Boltzmann machine: its energies, and the ln Z that makes probabilities of them, known by
// enumeration.
func ExampleRBM() {
	m, err := model.NewRBM(model.RBMSettings{Visible: 6, Hidden: 4, InitSD: 0.5, Batch: 10})
	if err != nil {
		panic(err)
	}
	defer m.Close()
	rng := rand.New(rand.NewPCG(1, 2))
	m.Init(rng)

	x := make([]float32, 1000*m.Dim()) // a thousand chains
	if err := m.Start(x, nil, rng); err != nil {
		panic(err)
	}
	for range 50 { // to equilibrium
		if err := m.Move(x, rng); err != nil {
			panic(err)
		}
	}
	phi := make([]float64, 1000)
	if err := m.Energies(phi, x); err != nil {
		panic(err)
	}
	lnZ, known := m.LogZ()
	var entropy float64 // S(X|theta) = <phi> + ln Z
	for _, e := range phi {
		entropy += (e + lnZ) / 1000
	}
	fmt.Println(known, m.Kernel().Name)
	fmt.Printf("entropy %.1f nats, that of six fair coins is 4.2\n", entropy)
	// Output:
	// true block Gibbs
	// entropy 4.0 nats, that of six fair coins is 4.2
}
