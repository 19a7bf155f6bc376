// Package entropy estimates the differential entropy S(Theta), in nats, of a cloud of points, above all of the
// weights of a neural network: an ensemble of replicas at one moment, or a window of one run.
//
// All but one of its estimators describe the cloud as Gaussian, S = 1/2 ln det(2 pi e C), and are about its covariance
// C:
//
//   - [PlugIn]: independent points in few dimensions. The plug-in value is biased low by a known amount
//     ([LogDetBias]), which is subtracted; its error is known too.
//   - [Shrinkage]: far more dimensions than points. C is shrunk towards its own diagonal and its log-determinant
//     comes from the n x n Gram matrix of the points: no d x d matrix is ever formed.
//   - [Cloud]: replicas in groups that share a training set, so that only groups are independent. It picks one of
//     the two by the number of columns, with the error that grouping asks for. [Cloud.Hadamard] bounds it from above by
//     the entropies of the single columns, with an interval in any dimension.
//   - [KozachenkoLeonenko]: independent points in few dimensions, without assuming a Gaussian, from the distances to
//     nearest neighbours (found by package neighbours below this one).
//   - [Project], [PCA]: from many dimensions to few, so that the estimates for few dimensions apply.
//
// # Reading the numbers
//
// A differential entropy depends on the unit of the weights: halving the unit of d weights adds d ln 2. Report
// differences, S(Theta_n) - S(Theta_ref), which do not. Replicas that share their initial weights have S(Theta_0)
// = -inf; such a cloud gives no value and says so, and the first observation after the start is the reference.
//
// A Gaussian has the largest entropy of all clouds with its covariance: with C known, the Gaussian value is an upper
// bound on the entropy of a cloud that is not Gaussian. With more dimensions than half the number of independent points
// most of the dependence between dimensions is not seen: the value lies between the truth and Hadamard's bound, and has
// no interval. Where the dimensions are many, a degree of freedom is what one can read: S/d.
//
// Values that cannot be estimated are NaN with the reason as a warning (package estimate); nothing here panics on
// data.
package entropy
