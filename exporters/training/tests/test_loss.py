"""The loss and its gradient against the recursion in float64."""

import unittest

import support  # noqa: F401
import torch

from swipekit_train.loss import joint_loss, rnnt_loss


def recursion(logits, labels, blank):
    """``-log p`` of one row, cell by cell: logits ``[T, U+1, V]``."""
    logp = torch.log_softmax(logits.double(), -1)
    frames, columns, _ = logp.shape
    reach = {}
    for t in range(frames):
        for u in range(columns):
            ways = []
            if t > 0:
                ways.append(reach[t - 1, u] + logp[t - 1, u, blank])
            if u > 0:
                ways.append(reach[t, u - 1] + logp[t, u - 1, labels[u - 1]])
            reach[t, u] = torch.logsumexp(torch.stack(ways), 0) if ways else torch.zeros((), dtype=torch.float64)
    return -(reach[frames - 1, columns - 1] + logp[frames - 1, columns - 1, blank])


def batch_recursion(logits, labels, frames, counts, blank):
    rows = zip(logits, labels.tolist(), frames.tolist(), counts.tolist())
    return torch.stack([recursion(z[:t, : u + 1], y, blank) for z, y, t, u in rows])


class Loss(unittest.TestCase):
    def compare(self, logits, labels, frames, counts, blank, tolerance, gradient_tolerance=None):
        logits = logits.detach().requires_grad_()
        weights = torch.arange(1, len(frames) + 1, dtype=logits.dtype)
        loss = rnnt_loss(logits, labels, frames, counts, blank)
        (gradient,) = torch.autograd.grad((loss * weights).sum(), logits)
        expected = batch_recursion(logits, labels, frames, counts, blank)
        (expected_gradient,) = torch.autograd.grad((expected * weights).sum(), logits)
        self.assertTrue(bool(torch.isfinite(loss).all() and torch.isfinite(gradient).all()))
        scale = max(1.0, float(expected.detach().abs().max()))
        self.assertLess(float((loss.double() - expected).detach().abs().max()) / scale, tolerance)
        self.assertLess(float((gradient - expected_gradient).abs().max()), gradient_tolerance or tolerance * len(frames) * 10)
        # Nothing outside of a row's lattice is touched.
        for row, (t, u) in enumerate(zip(frames.tolist(), counts.tolist())):
            self.assertEqual(float(gradient[row, t:].abs().sum()), 0.0)
            self.assertEqual(float(gradient[row, :, u + 1 :].abs().sum()), 0.0)

    def test_ragged_batches(self):
        torch.manual_seed(1)
        for kind, tolerance in ((torch.float64, 1e-12), (torch.float32, 2e-6)):
            for blank in (5, 0, 2):
                logits = torch.randn(6, 7, 5, 6, dtype=kind)
                labels = torch.randint(0, 5, (6, 4))
                labels = torch.where(labels == blank, 5, labels)
                frames, counts = torch.tensor([7, 5, 3, 1, 6, 1]), torch.tensor([4, 2, 3, 1, 0, 4])
                self.compare(logits, labels, frames, counts, blank, tolerance)

    def test_the_smallest_lattices(self):
        torch.manual_seed(2)
        for t, u in ((1, 1), (1, 3), (4, 1), (1, 0), (2, 0)):
            logits = torch.randn(2, t, u + 1, 4, dtype=torch.float64)
            self.compare(logits, torch.randint(0, 3, (2, u)), torch.full((2,), t), torch.full((2,), u), 3, 1e-12)

    def test_huge_logits(self):
        torch.manual_seed(3)
        logits = torch.randn(3, 6, 4, 5) * 1e4
        self.compare(logits, torch.randint(0, 4, (3, 3)), torch.tensor([6, 4, 2]), torch.tensor([3, 3, 1]), 4, 1e-5, 1e-2)

    def test_a_long_lattice(self):
        torch.manual_seed(4)
        logits = torch.randn(1, 120, 13, 8)
        self.compare(logits, torch.randint(0, 7, (1, 12)), torch.tensor([120]), torch.tensor([12]), 7, 2e-6, 2e-4)

    def test_padding_labels_do_not_matter(self):
        torch.manual_seed(5)
        logits = torch.randn(2, 5, 4, 5)
        frames, counts = torch.tensor([5, 4]), torch.tensor([1, 3])
        one = rnnt_loss(logits, torch.tensor([[1, 4, 4], [0, 1, 2]]), frames, counts, 4)
        two = rnnt_loss(logits, torch.tensor([[1, 0, 3], [0, 1, 2]]), frames, counts, 4)
        self.assertTrue(torch.equal(one, two))

    def test_the_joint_inside(self):
        torch.manual_seed(6)
        encoded, predicted = torch.randn(3, 5, 8, requires_grad=True), torch.randn(3, 4, 8, requires_grad=True)
        weight, bias = torch.randn(6, 8, requires_grad=True), torch.randn(6, requires_grad=True)
        labels, frames, counts = torch.randint(0, 5, (3, 3)), torch.tensor([5, 3, 1]), torch.tensor([3, 1, 2])
        tensors = (encoded, predicted, weight, bias)
        scale = torch.tensor([0.5, 2.0, 1.0])
        loss = joint_loss(*tensors, labels, frames, counts, 5)
        gradients = torch.autograd.grad((loss * scale).sum(), tensors)
        hidden = torch.relu(encoded.unsqueeze(2) + predicted.unsqueeze(1))
        plain = rnnt_loss(torch.nn.functional.linear(hidden, weight, bias), labels, frames, counts, 5)
        for got, expected in zip(gradients, torch.autograd.grad((plain * scale).sum(), tensors)):
            self.assertLess(float((got - expected).abs().max()), 1e-5)
        self.assertLess(float((loss - plain).detach().abs().max()), 1e-6)


if __name__ == "__main__":
    unittest.main()
