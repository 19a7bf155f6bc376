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
// is beyond ten times the largest. go1.26.8 on linux/amd64, 2 processors, tile, all of them at work;
// testdata/growth.png draws it.
//
//	replicas                                24      96     384  exponent  limit
//	training step, µs                     85.3    87.0    87.4      0.00    far
//	observation, s                      0.0354   0.221    2.19      1.65   2840
//	last observation, s                 0.0591   0.628    9.02      1.92   1030
//	its estimates, s                    0.0216   0.172    5.27      2.47   1030
//	nulls, 19 permutations, s            0.196    1.28    14.4      1.75    870
//	peak of the heap, MiB                 90.3     327    1525      1.11   1740
//
//	width                           64     128     512    2048  exponent  limit
//	training step, µs             53.7    85.3     260    1518      1.27    far
//	observation, s              0.0249  0.0354  0.0899   0.383      1.05    far
//	last observation, s         0.0430  0.0591   0.167   0.627      0.95    far
//	its estimates, s            0.0162  0.0216  0.0563   0.361      1.34    far
//	nulls, 19 permutations, s    0.135   0.196   0.544    2.00      0.94    far
//	peak of the heap, MiB         62.8    90.3     253     902      0.92    far
//
//	chains                                  32     128     512  exponent  limit
//	training step, µs                     85.3    85.4    84.9     -0.00    far
//	observation, s                      0.0354  0.0765   0.259      0.88    far
//	last observation, s                 0.0591   0.102   0.297      0.77    far
//	its estimates, s                    0.0216  0.0340  0.0860      0.67    far
//	nulls, 19 permutations, s            0.196   0.278   0.566      0.51    far
//	peak of the heap, MiB                 90.3    99.9     159      0.34    far
//
//	dimensions                                     196     784  exponent  limit
//	training step, µs                             85.3     291      0.89    far
//	observation, s                              0.0354   0.121      0.89    far
//	last observation, s                         0.0591   0.214      0.93    far
//	its estimates, s                            0.0216  0.0543      0.66    far
//	nulls, 19 permutations, s                    0.196   0.622      0.83    far
//	peak of the heap, MiB                         90.3     341      0.96    far
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
