"""What a step of training takes in PyTorch and in scikit-learn: what the benchmarks called Peer stand beside.

    python3 peers.py mlp|conv|conv14|rbm|simclr|swav

One thread. Each step does what the model of that name does in one: it gathers a batch, evaluates the loss, its
gradient, and the update of the weights (simclr and swav: Adam, and the energies after it, from given views). Numbers are
random, of the shapes of MNIST: they do not matter for the time. (The views of swav are such that its labels are not
balanced to 1e-9 after 100 rounds, where both sides stop.)
"""
import os
import sys
import time

os.environ.update(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1", MKL_NUM_THREADS="1")
import numpy as np
import torch
from torch import nn
from torch.nn.functional import cross_entropy, normalize

torch.set_num_threads(1)
torch.manual_seed(1)
name = sys.argv[1]


def classifier(net, inputs, examples=60_000, batch=50):
    x, y = torch.rand(examples, *inputs), torch.randint(10, (examples,))
    sgd = torch.optim.SGD(net.parameters(), lr=0.1)
    for rows in torch.randperm(examples).split(batch):
        loss = cross_entropy(net(x[rows]), y[rows])
        sgd.zero_grad(set_to_none=True)
        loss.backward()
        sgd.step()
        yield


def lenet(side, window, flat):
    return nn.Sequential(nn.Conv2d(1, 8, 5, padding=2), nn.MaxPool2d(2, ceil_mode=True), nn.ReLU(),
                         nn.Conv2d(8, 16, window), nn.MaxPool2d(2, ceil_mode=True), nn.ReLU(), nn.Flatten(),
                         nn.Linear(flat, 128), nn.ReLU(), nn.Linear(128, 10))


def rbm(examples=30_000, batch=100):
    from sklearn.neural_network import BernoulliRBM
    x = (np.random.RandomState(1).rand(examples, 784) < 0.2).astype(np.float32)
    machine = BernoulliRBM(n_components=500, learning_rate=0.05, batch_size=batch, n_iter=1, random_state=0)
    machine.fit(x[:batch])  # partial_fit is of float64, which takes twice as long: the step that fit makes
    rng = np.random.RandomState(2)
    for rows in rng.permutation(examples).reshape(-1, batch):
        machine._fit(x[rows], rng)
        yield


def balanced(scores, eps=0.05):
    """Sinkhorn's iteration, in double precision as there."""
    kernel = ((scores - scores.max(1, keepdim=True).values) / eps).double().exp()
    factor, share = torch.ones(kernel.shape[1], dtype=torch.double), len(kernel) / kernel.shape[1]
    for _ in range(101):
        q = kernel * factor
        q /= q.sum(1, keepdim=True)
        column = q.sum(0)
        if (column / share - 1).abs().max() <= 1e-9:
            break
        factor *= share / column
    return q.float()


def encoder(prototypes, tau, steps=1000, images=128):
    net = nn.Sequential(nn.Linear(196, 256), nn.ReLU(), nn.Linear(256, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU(),
                        nn.Linear(64, 32))
    for layer in net[::2]:
        nn.init.kaiming_normal_(layer.weight)
        nn.init.zeros_(layer.bias)
    c = nn.Parameter(torch.randn(prototypes, 32)) if prototypes else None
    adam = torch.optim.Adam([*net.parameters()] + ([c] if prototypes else []), lr=0.001)

    def scores(views):
        z = normalize(net(views))
        if prototypes:
            return z @ normalize(c).T
        return torch.cat([z[:images] @ z[images:].T, z[images:] @ z[:images].T])

    views = torch.rand(8, images, 196).repeat(1, 2, 1) + 0.1 * torch.randn(8, 2 * images, 196)
    own = torch.eye(images).repeat(2, 1)
    for n in range(steps):
        s = scores(views[n % 8])
        with torch.no_grad():
            q = balanced(s).roll(images, 0) if prototypes else own
        loss = -(q * (s / tau).log_softmax(1)).sum(1).mean()
        adam.zero_grad(set_to_none=True)
        loss.backward()
        adam.step()
        with torch.no_grad():
            after = scores(views[n % 8]) / tau
            -(q * after.log_softmax(1)).sum(1).mean()
        yield


training = {
    "mlp": lambda: classifier(nn.Sequential(nn.Linear(784, 512), nn.ReLU(), nn.Linear(512, 256), nn.ReLU(),
                                            nn.Linear(256, 10)), [784]),
    "conv": lambda: classifier(lenet(28, 5, 400), [1, 28, 28]),
    "conv14": lambda: classifier(lenet(14, 3, 144), [1, 14, 14]),
    "rbm": rbm,
    "simclr": lambda: encoder(0, 0.2),
    "swav": lambda: encoder(32, 0.2),
}[name]()
for _ in range(20):  # to begin with
    next(training)
start = time.perf_counter()
steps = sum(1 for _ in training)
print(f"{name} {(time.perf_counter() - start) / steps * 1000:.3f} ms a step")
