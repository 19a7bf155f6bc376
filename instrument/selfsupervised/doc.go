// Package selfsupervised runs R replicas of a self-supervised training (package ssl) on each of D training sets, keeps
// the thermodynamic books of every step, and measures what the encoder has learned and what it has memorized.
//
// Each training step is a cycle of measurement, expansion and thermalisation ([thermo.Cycle]): the self-label q is the
// demon's measurement, worth KL(q||p); the step extracts the work -(W - dF) of it, the decrease of the loss; the rest
// is dissipated. A [Runner] enters every step of every replica in a ledger and gives, at each [Observation],
//
//   - the mean cycle since the observation before, and the sum of all cycles so far;
//   - the worst violation of what each step must obey ([Worst]), which [Books] judges: first law, W - dF against the
//     change of the loss that the graph itself computed, efficiency at most 1, and, for labels that are inferred, the
//     identity of the generalised Gibbs ensemble, ln q_ik = -E_ik/T + lambda_k + nu_i;
//   - how labels are occupied, and whether they have collapsed ([thermo.Occupations]);
//   - the accuracy of a linear probe and of nearest neighbours on the frozen representation ([LinearProbe],
//     [Neighbours]), beside that of the encoder that the replica began with;
//   - the mutual information of self-label and class, which training never sees ([information.Counts]);
//   - with three training sets or more, what the weights hold of theirs, image by image ([ensemble.Memorization]).
//
// A replica depends on (seed, training set, replica) alone, at any number of workers, and is a value that can be saved
// and gone on from bit for bit ([ensemble.Engine.Restore]). Errors are over training sets, of one over replicas,
// Student's t; those of accuracies hold that of the test images too.
//
//	r, err := selfsupervised.New(selfsupervised.Config{
//		Seed: 1, Replicas: 4, Observe: instrument.LogSteps(10, 2000, 9), Views: augmentation,
//	}, func() (*ssl.Model, error) { return ssl.New(settings) }, []*selfsupervised.Images{train}, test)
//	err = r.Run(ctx, func(o *selfsupervised.Observation) error {
//		fmt.Println(o.Step, o.Accuracies().Probe, o.Mean[0].Efficiency())
//		return nil
//	})
//
// # What it memorizes
//
// Every replica judges images of all training sets and ghosts, held-out images, by the loss of its algorithm for one
// image by itself ([ssl.Judge]): beside a fixed batch of other held-out images, under pairs of views that are drawn
// once for each image, the same for all replicas and at all observations. So the loss is a function of the replica's
// state and of one image, as [information.MemorizedExamples] asks; any such function gives a lower bound on what the
// state (weights, teacher, centre) holds of the training set. Views blur it: averaged over more pairs
// (Config.ViewPairs) it sees more. SimCLR after 1,000 steps on 4 sets of 250 digits, 2 replicas each (ceiling of cmi
// 173 nats):
//
//	pairs of views    m_info, nats    cmi, nats    mem, nats an image
//	             1              10            5                  0.12
//	             4              23           11                  0.11
//	            16              47           23                  0.11
//	            64              65           30                  0.11
//
// Replicas begin at weights of their own, so that M-info is of weights whose beginning is not known. It costs as many
// forward passes as ViewPairs times the images asked and the ghosts, at every observation; nothing with one training
// set.
//
// # What was measured
//
// Linear probe on the 1,000 held-out digits of the embedded sample after the default run: pictures pooled to 14 x 14,
// encoder 196-256-64, mean of 4 replicas, and the gain over the encoders they began as (86.4 %) with its 95 % interval.
// Nearest neighbours begin at 91.8 %. Processor time is for the whole run; two workers share it:
//
//	command                  probe     gain, points       neighbours   processor time
//	train --model simclr     94.3 %    7.9 [4.7, 11.0]    94.4 %       148 s
//	train --model swav       94.2 %    7.8 [4.6, 11.1]    93.6 %       181 s
//	train --model dino       93.7 %    7.3 [4.1, 10.5]    94.2 %       228 s
//
// On the full set of 60,000 + 10,000 digits SwAV reaches 97.0 % (2 replicas, 97.1 and 96.8; random encoder 92.5 %)
// after 2,000 steps:
//
//	train --model swav --data mnist --tau 0.1 --labels 64 --batch 256 --width 512 --representation 128 --head 128 \
//		--replicas 2 --observations 3 --probe-size 60000
//
// In all these runs, 30,000 cycles in float32, the first law closed to 4e-15 for every sample, W - dF agreed with the
// graph's own loss change to 1.2e-7, no cycle was more than 20 % efficient, and the identity of the generalised Gibbs
// ensemble held to 4e-14 at every step. A teacher that neither centres nor sharpens,
//
//	train --model dino --no-centring --no-sharpening --steps 600
//
// is named as collapsed in every replica: all images get one distribution of labels, which tell 0.0006 of 4.16 nats.
//
// So is a SwAV that does not balance its labels: within ten steps one label holds all images, in each of six networks.
//
//	train --model swav --no-balancing --steps 600
//
// # How to read it, and when not to trust it
//
// A random encoder is a strong rival: its linear probe grows with the width of the representation (86 % at 64, 92.5 %
// at 128 with the full set). The probe of the trained encoder means something beside the random one's of the same shape
// only. Before labels have formed, in the first steps, they tell nothing of their images, which looks the same as a
// collapse to uniform labels: the remark says since when it has been so. The mutual information counts each image of
// the last steps once, while the weights move on. SimCLR's labels name images; there is none to measure.
package selfsupervised
