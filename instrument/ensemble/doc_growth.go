// # Growth
//
// Measured by: go test ./instrument/ensemble -run ^$ -bench Growth -benchtime 3s -update
//
// Written by: go test ./instrument/ensemble -run Growth -update
//
// What the parts of a run take as one size grows and all others are these: 24 replicas, 3 a training set of 500
// examples, of MADE networks of width 128 on 196 bits; batches of 50, 32 chains, 32 examples of each set at an
// observation, 1,000 held out. The exponent is that of the two largest sizes; the last column is the size at which
// the part comes to a minute (1,200 training steps to a minute, the heap to 8 GiB) if it goes on so, far where that
// is beyond ten times the largest; ~ was left out, as it would take more than a minute. go1.26.8 on linux/amd64, 2
// processors, tile, all of them at work; testdata/growth.png draws it.
//
//	replicas                                24      96     384  exponent  limit
//	training step, µs                      930    1033    1072      0.03    far
//	observation, s                       0.307    2.42    24.2      1.66    660
//	last observation, s                  0.607    8.93       ~      1.94    260
//	its estimates, s                    0.0720   0.807    10.3      1.84   1000
//	nulls, 19 permutations, s            0.402    4.50    34.5      1.47    560
//	peak of the heap, MiB                 89.9     329    1517      1.10   1770
//
//	width                           64     128     512    2048  exponent  limit
//	training step, µs              315     930    4249   19002      1.08   5010
//	observation, s               0.179   0.307    1.01    5.45      1.22  14730
//	last observation, s          0.276   0.607    2.11    9.04      1.05  12430
//	its estimates, s            0.0497  0.0720   0.181   0.911      1.17    far
//	nulls, 19 permutations, s    0.305   0.402    1.03    4.08      0.99    far
//	peak of the heap, MiB         66.6    89.9     251     938      0.95  20000
//
//	chains                                  32     128     512  exponent  limit
//	training step, µs                      930    1028    1043      0.01    far
//	observation, s                       0.307   0.579    1.82      0.83    far
//	last observation, s                  0.607   0.880    2.10      0.63    far
//	its estimates, s                    0.0720  0.0812   0.171      0.54    far
//	nulls, 19 permutations, s            0.402   0.613    1.35      0.57    far
//	peak of the heap, MiB                 89.9     102     193      0.46    far
//
//	dimensions                                     196     784  exponent  limit
//	training step, µs                              930    3649      0.99    far
//	observation, s                               0.307    1.07      0.90    far
//	last observation, s                          0.607    2.13      0.91    far
//	its estimates, s                            0.0720   0.189      0.70    far
//	nulls, 19 permutations, s                    0.402    1.15      0.76    far
//	peak of the heap, MiB                         89.9     378      1.04    far
//
// A training step costs its products of matrices, O(B d) for B rows of a batch and d weights: it knows nothing of
// other replicas, and a run costs as many of them as there are replicas. Cheaper: a narrower network, a smaller
// Batch, fewer steps.
//
// An observation costs O(E² (K + A/R) d): each of E replicas judges the samples of all, K each, and A examples of
// each of the E/R training sets. Its own set, what is held out and its samples cost it a forward pass each. Cheaper:
// fewer Chains or Examples, which widen the intervals of L-info and of M-info; fewer steps to Observe at, which
// change work and heat, as these are sums over intervals; fewer replicas a set, if not under 3, which L-info needs,
// rather than fewer sets, which errors are over.
//
// The last observation asks every replica for all N examples of every set, O(E² N/R d), whatever Examples is, for the
// memory of single ones. Cheaper: smaller training sets; a Pool that they share, whose examples are asked for once.
//
// The estimates cost O(E² d) for the Gram matrix of the weights (S(Θ)) and a projection of them (M-info), O(R E² K)
// for the bounds of L-info, and O(E⁴/R) for the determinants of a jackknife over E/R sets: two fifths of the whole at
// 384 replicas, and growing fastest. Cheaper: more replicas on fewer sets; fewer steps to Observe at.
//
// The nulls cost, once in a run, P permutations of O(R E² K) for L-info and of O(E² d) for M-info. Cheaper: fewer
// permutations; 19 are the fewest that have a 95 % quantile, and without any the estimates stay as they are.
//
// Memory is O(E d), each weight in float64 in the states at the last observation and on the way to the next and in
// the snapshot, and O(E² K) for the cross log-likelihood, of which each processor holds a copy while it permutes; the
// last observation holds O(E² N/R). Cheaper: narrower networks, fewer replicas, fewer Chains.
package ensemble
