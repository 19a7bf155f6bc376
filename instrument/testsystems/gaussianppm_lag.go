package testsystems

import (
	"fmt"
	"math"
)

// LaggedGaussian is a [GaussianPPM] whose samples lag behind its weights. They are updated every so many training
// steps: the weights' motion does work on them, and then they move towards the weights,
//
//	x' = theta + c (x - theta) + sqrt(1 - c^2) s xi,    c = Memory,
//
// which leaves p(x|theta) = N(theta, s^2) invariant. They begin in equilibrium at theta_0. Given the path of the
// weights, x is normal at all times, with variance s^2 about theta + u: u is the lag, and obeys a linear recursion.
type LaggedGaussian struct {
	GaussianPPM
	Every  int     // training steps from update to update
	Memory float64 // c, in [0, 1): of the lag, what an update leaves; 0 is equilibrium, c^M that of M moves of memory c
}

// LagState is what an update did, in nats.
type LagState struct {
	Work        float64 // mean work of all updates so far; the entropy production too, since dF = 0
	XInfo       float64 // I(X_n;Theta_n), when the samples have moved
	XInfoBefore float64 // I(X_{n-1};Theta_n), when only the weights have; 0 at the start
}

// Updates returns the state at the start and after each of n updates. The three numbers (theta, u, mean b) of a
// coordinate are jointly normal with mean 0; with k = Every, A = a^k and a noise of variance V(k),
//
//	delta = (A-1) (theta - mean b) + noise      the weights' motion: theta -> theta + delta, u -> u - delta
//	<w>   = m ( <delta^2> - 2 <u delta> )/(2 s^2)
//	u     -> c u                                the samples' motion
//	I     = -m/2 ln(1 - rho^2)                  rho the correlation of theta + u + s xi with theta
func (g LaggedGaussian) Updates(n int) []LagState {
	g.check(0)
	if g.Every < 1 || !(g.Memory >= 0 && g.Memory < 1) {
		panic(fmt.Sprintf("testsystems: LaggedGaussian with an update every %d steps and a memory of %v: need 1 or more, "+
			"and a memory in [0, 1)", g.Every, g.Memory))
	}
	s2 := g.Sigma * g.Sigma
	drift := g.decay(g.Every) - 1
	noise := g.noise(g.Every)
	weights := covariance{{1 + drift, 0, -drift}, {-drift, 1, drift}, {0, 0, 1}} // of (theta, u, mean b)
	samples := covariance{{1, 0, 0}, {0, g.Memory, 0}, {0, 0, 1}}
	var c covariance
	c[0][0], c[2][2] = g.InitVar, g.DataSigma*g.DataSigma/float64(g.Subset)
	states := []LagState{{XInfo: g.lagInfo(c)}}
	for range n {
		last := states[len(states)-1]
		square := drift*drift*(c[0][0]-2*c[0][2]+c[2][2]) + noise
		against := drift * (c[0][1] - c[1][2])
		c = c.mapped(weights)
		c[0][0], c[1][1] = c[0][0]+noise, c[1][1]+noise
		c[0][1], c[1][0] = c[0][1]-noise, c[1][0]-noise
		before := g.lagInfo(c)
		c = c.mapped(samples)
		states = append(states, LagState{
			Work: last.Work + g.half()*(square-2*against)/s2, XInfoBefore: before, XInfo: g.lagInfo(c),
		})
	}
	return states
}

// lagInfo is I(X;Theta) for the covariance of (theta, u, mean b).
func (g LaggedGaussian) lagInfo(c covariance) float64 {
	if c[0][0] == 0 {
		return 0
	}
	both := c[0][0] + c[0][1]
	return -g.half() * math.Log1p(-both*both/(c[0][0]*(c[0][0]+2*c[0][1]+c[1][1]+g.Sigma*g.Sigma)))
}

// covariance is one of three numbers, or a linear map of them.
type covariance [3][3]float64

// mapped returns that of the numbers after a linear map.
func (c covariance) mapped(m covariance) (to covariance) {
	for i := range to {
		for j := range to[i] {
			for k := range c {
				for l := range c[k] {
					to[i][j] += m[i][k] * c[k][l] * m[j][l]
				}
			}
		}
	}
	return to
}
