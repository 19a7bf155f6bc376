// Package neighbours finds, for a cloud of points in a few or in many dimensions, each point's k nearest
// neighbours and the number of points within a given distance. It is what nearest-neighbour estimators of
// entropy and mutual information are made of.
//
// Points are given flat and row-major, dim values each:
//
//	index, err := neighbours.New(points, dim, neighbours.Chebyshev)
//	index.NearestAll(k, idx, dist)         // idx and dist: k values a point, nearest first, itself excluded
//	index.CountAll(radii, false, counts)   // how many other points are nearer than radii[i] to point i
//
// One of three searches answers, chosen by [New] from the number of points and dimensions: a sorted line for one
// dimension, a k-d tree (Friedman, Bentley & Finkel 1977, ACM Trans. Math. Softw. 3, 209) with tight boxes for a
// few, and a blocked scan for many, where every box of a tree would have to be opened anyway.
//
// All three are exact and give the same answer, bit for bit: neighbours are ordered by distance and, at equal
// distance, by index, so that duplicated points make no difference either. Queries allocate nothing. NearestAll
// and CountAll share their queries among Index.Workers goroutines; the answer does not depend on how many.
//
// Distances are as computed in float64: a radius that came out of NearestAll selects, open, exactly the points
// that NearestAll ranked strictly nearer. Estimators that count strictly below the k-th distance rely on it.
package neighbours
