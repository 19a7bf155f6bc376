// Package ssl trains encoders by self-supervision, with Gorgonia graphs: SimCLR, SwAV and DINO, each as a softmax
// cross-entropy with labels that the network gives itself.
//
// Two random views are made of every image of a batch ([Augmentation]). An encoder (affine layers with rectifiers;
// its output is the representation) and a projection head turn a view into a row z of unit length, and scores s_ik
// compare it with K labels. With E_ik = -s_ik/tau the student's state is the Gibbs state p_i = softmax(-E_i), and a
// step lowers
//
//	loss = -1/(2B) sum_i sum_k q_ik ln p_ik
//
// with the self-label q_i of each view held (a stop-gradient). The algorithms differ in the labels:
//
//	SimCLR  K = B labels, one an image of the batch: s_ij = z_i.z_j for view 1 against views 2, and the other way round;
//	        q_i = 1 for the image that view i was made of. InfoNCE: Chen et al. 2020, arXiv:2002.05709, with the other
//	        half of the batch as negatives.
//	SwAV    K prototypes c_k of unit length, s_ik = z_i.c_k; q is the balanced assignment of the other view by Sinkhorn's
//	        iteration at temperature eps (see [Sinkhorn]). Caron et al. 2020, arXiv:2006.09882; both views are balanced
//	        together, to convergence. Balance can be switched off, to see labels fall out of use: q is then the softmax
//	        of the scores at eps.
//	DINO    scores as SwAV's; q = softmax((s - centre)/tau_t) of the other view under a teacher whose weights follow the
//	        student's with momentum, less a running mean of its scores (centring), at a temperature tau_t below tau
//	        (sharpening). Caron et al. 2021, arXiv:2104.14294, with two views and no crops. Centring and sharpening can
//	        be switched off, to see a collapse.
//
// [Model.Step] makes one step of a solver and hands out all that a thermodynamic ledger of the step wants: energies E
// before, labels q, energies E' after on the same views, the graph's own losses before and after, and where the
// labels came from ([Target]).
//
//	m, err := ssl.New(ssl.Settings{
//		Algorithm: ssl.SwAV, Pixels: 196, Hidden: []int{256}, Representation: 64, Head: []int{64}, Projection: 32,
//		Labels: 32, Batch: 128, Temperature: 0.1, Epsilon: 0.05,
//	})
//	solver := gorgonia.NewAdamSolver()
//	st := m.NewState(rng)
//	for range steps {
//		augmentation.Views(views, images, 14, 14, rng)
//		step, err := m.Step(st, views, solver)
//		...
//	}
//	err = m.Encode(st, representations, images)
//
// A Model keeps nothing between calls: all that training changes is in a [State], a value that encoding/gob saves.
// Any gorgonia.Solver will do, whose memory is the caller's; it sees the weights in float64, while the graph is float32
// by default. Gradients are autodiff's, checked against central differences in every weight.
//
// How good the representations are, as the accuracy of a linear classifier on held-out digits, is measured by package
// selfsupervised.
package ssl
