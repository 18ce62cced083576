"""Batches, schedule, averaged weights, batch norms, dropout, the convolution by bands, greedy decoding."""

import unittest

import stream
import support
import torch
from test_feed import read

from swipekit_train import batch_norm
from swipekit_train.batches import Batches, collate, groups
from swipekit_train.ema import EVERY, Ema
from swipekit_train.greedy import greedy
from swipekit_train.model import ModelConfig, Transducer
from swipekit_train.model.convolution import BandedConvolution
from swipekit_train.model.dropout import MaskPool
from swipekit_train.optimizer import Schedule, adamw

CONFIG = ModelConfig(
    labels=("a", "b", "c", "d"), features=stream.FEATURES, d_model=16, layers=2, heads=2, kernel=5, ff=2, conv_channels=4, prediction=16, joint=16
)


def samples(count, start=0):
    return read(stream.header() + b"".join(stream.sample(i) for i in range(start, start + count)))


class BatchesTest(unittest.TestCase):
    def batches(self, given, **changes):
        values = dict(size=8, chunk=4, tokens=0, seed=3)
        values.update(changes)
        return Batches(given, 4, **values)

    def test_every_sample_once_padded_with_zeros_and_blanks(self):
        given = samples(75)
        seen = []
        for batch in self.batches(given):
            self.assertLessEqual(len(batch), 8)
            self.assertEqual(batch.padded, len(set(batch.frames.tolist())) > 1)
            for x, t, y, u, source in zip(batch.features, batch.frames, batch.labels, batch.counts, batch.sources):
                self.assertEqual(float(x[t:].abs().sum()), 0.0)
                self.assertTrue(bool((y[u:] == 4).all()))
                seen.append((x[:t].tolist(), bytes(y[:u].tolist()), int(source)))
        key = lambda s: (s[0], s[1], s[2])  # noqa: E731
        self.assertEqual(sorted(seen, key=key), sorted(((s.features.tolist(), s.labels, s.source) for s in given), key=key))

    def test_little_is_padded_and_the_order_is_not_that_of_lengths(self):
        batches = list(self.batches(samples(256), chunk=32))
        padded = sum(batch.features[..., 0].numel() for batch in batches)
        frames = sum(int(batch.frames.sum()) for batch in batches)
        self.assertLess(padded, 1.2 * frames)
        lengths = [int(batch.frames.max()) for batch in batches]
        self.assertNotEqual(lengths, sorted(lengths))

    def test_the_same_again_and_another_with_another_seed(self):
        take = lambda seed: [batch.labels.tolist() for batch in self.batches(samples(128), seed=seed)]  # noqa: E731
        self.assertEqual(take(3), take(3))
        self.assertNotEqual(take(3), take(4))

    def test_going_on_at_any_batch(self):
        whole = [batch.features for batch in self.batches(samples(100))]
        for stop in range(len(whole)):
            first = self.batches(samples(100))
            taking = iter(first)
            for _ in range(stop):
                next(taking)
            position, taken = first.position, first.taken
            rest = list(self.batches(samples(100 - position, position), position=position, taken=taken))
            self.assertEqual(len(rest), len(whole) - stop)
            for got, expected in zip(rest, whole[stop:]):
                self.assertTrue(torch.equal(got.features, expected))

    def test_a_limit_of_tokens(self):
        lengths = [(20, 3), (21, 5), (100, 9), (22, 4), (23, 5), (10, 2)]
        cut = groups(lengths, 8, 250)
        self.assertEqual(sorted(i for group in cut for i in group), list(range(6)))
        for group in cut:
            total = len(group) * max(lengths[i][0] for i in group) * max(lengths[i][1] for i in group)
            self.assertTrue(len(group) == 1 or total <= 250)


class ScheduleTest(unittest.TestCase):
    def test_rates(self):
        schedule = Schedule(peak=1.0, end=0.1, warmup=10, cooldown=0.4)
        self.assertAlmostEqual(schedule.rate(0, 0.0), 0.1)
        self.assertAlmostEqual(schedule.rate(9, 0.01), 1.0)
        self.assertAlmostEqual(schedule.rate(500, 0.6), 1.0)
        self.assertAlmostEqual(schedule.rate(700, 0.8), 0.55)
        self.assertAlmostEqual(schedule.rate(999, 1.0), 0.1)
        self.assertAlmostEqual(schedule.rate(999, 7.0), 0.1)
        # A run shorter than its warm-up cools down all the same.
        self.assertLessEqual(schedule.rate(3, 0.9), 0.4)
        self.assertEqual(Schedule(1.0, 0.1, 0, 0.0).rate(5, 1.0), 1.0)

    def test_what_decays(self):
        optimizer = adamw(Transducer(CONFIG), 1e-3)
        count = sum(p.numel() for group in optimizer.param_groups for p in group["params"])
        self.assertEqual(count, sum(p.numel() for p in Transducer(CONFIG).parameters()))
        self.assertTrue(all(p.dim() > 1 for p in optimizer.param_groups[0]["params"]))


class EmaTest(unittest.TestCase):
    def test_the_average(self):
        torch.manual_seed(1)
        model = Transducer(CONFIG)
        ema = Ema(model, 0.9)
        weight = model.joint.enc.weight
        mean = model.encoder.layers[0].conv.batch_norm.running_mean
        expected, expected_mean = weight.detach().clone(), mean.clone()
        for step in range(1, 41):
            with torch.no_grad():
                weight.add_(torch.randn_like(weight))
                mean.add_(1.0)
            model.encoder.layers[0].conv.batch_norm.num_batches_tracked += 1
            ema.update(step)
            if step % EVERY == 0:
                keep = min(0.9, (1 + step) / (10 + step)) ** EVERY
                expected = keep * expected + (1 - keep) * weight.detach()
                expected_mean = keep * expected_mean + (1 - keep) * mean
        norm = ema.model.encoder.layers[0].conv.batch_norm
        self.assertLess(float((ema.model.joint.enc.weight - expected).abs().max()), 1e-5)
        self.assertLess(float((norm.running_mean - expected_mean).abs().max()), 1e-5)
        self.assertEqual(norm.num_batches_tracked.item(), 40)


class BatchNormTest(unittest.TestCase):
    def test_measured_statistics_are_those_of_the_frames(self):
        torch.manual_seed(2)
        config = ModelConfig(**{**CONFIG.to_dict(), "labels": CONFIG.labels, "layers": 1})
        model = Transducer(config)
        batches = [collate(samples(24, start), 4) for start in (0, 24)]
        frames = batch_norm.measure(model, batches)
        module = model.encoder.layers[0].conv
        inputs = []
        handle = module.batch_norm.register_forward_pre_hook(lambda _, x: inputs.append(x[0]))
        with torch.no_grad():
            for batch in batches:
                # One by one, so without padding. Nothing before the first batch norm depends on the
                # batch.
                for x, t in zip(batch.features, batch.frames):
                    model.encoder(x[None, :t], t[None], False)
        handle.remove()
        x = torch.cat(inputs)
        self.assertEqual(frames, len(x))
        self.assertLess(float((module.batch_norm.running_mean - x.mean(0)).abs().max()), 1e-5)
        self.assertLess(float((module.batch_norm.running_var - x.var(0)).abs().max()), 1e-5)
        self.assertFalse(any(m.training for m in model.modules()))

    def test_nothing_to_measure(self):
        model = Transducer(CONFIG)
        before = {name: value.clone() for name, value in model.state_dict().items()}
        self.assertEqual(batch_norm.measure(model, []), 0)
        for name, value in model.state_dict().items():
            self.assertTrue(torch.equal(value, before[name]), name)


class DropoutTest(unittest.TestCase):
    def test_masks(self):
        pool = MaskPool(0.1, 7)
        x = torch.ones(64, 28, 128)
        pool.begin(5, x.device)
        one, two = pool.masks_like(x), pool.masks_like(x)
        self.assertFalse(torch.equal(one, two))
        self.assertAlmostEqual(float((one == 0).float().mean()), 26 / 256, delta=0.005)
        self.assertAlmostEqual(float(one.mean()), 1.0, delta=0.01)
        pool.begin(40, x.device)
        again = MaskPool(0.1, 7)
        again.begin(5, x.device)
        self.assertTrue(torch.equal(again.masks_like(x), one))

    def test_only_in_training(self):
        torch.manual_seed(3)
        model = Transducer(ModelConfig(**{**CONFIG.to_dict(), "labels": CONFIG.labels, "dropout": 0.2}))
        batch = collate(samples(8), 4)
        run = lambda: model(batch.features, batch.frames, batch.labels, batch.padded)[0]  # noqa: E731
        model.eval()
        self.assertTrue(torch.equal(run(), run()))
        model.train()
        model.pool.begin(0, batch.features.device)
        self.assertFalse(torch.equal(run(), run()))


class ConvolutionTest(unittest.TestCase):
    def test_bands_are_a_depthwise_convolution(self):
        torch.manual_seed(4)
        for b, t, d, kernel in ((3, 7, 4, 5), (2, 1, 3, 5), (1, 2, 2, 15), (2, 30, 8, 15), (1, 15, 2, 15), (2, 9, 3, 1)):
            x = torch.randn(b, t, d, dtype=torch.float64, requires_grad=True)
            weight = torch.randn(d, kernel, dtype=torch.float64, requires_grad=True)
            got = BandedConvolution.apply(x, weight)
            expected = torch.nn.functional.conv1d(x.transpose(1, 2), weight.unsqueeze(1), padding=kernel // 2, groups=d).transpose(1, 2)
            scale = torch.randn_like(got)
            for one, two in zip(torch.autograd.grad((got * scale).sum(), (x, weight)), torch.autograd.grad((expected * scale).sum(), (x, weight))):
                # The sums along diagonals are in float32.
                self.assertLess(float((one - two).abs().max()), 1e-4)
            self.assertLess(float((got - expected).detach().abs().max()), 1e-12)


class GreedyTest(unittest.TestCase):
    @torch.no_grad()
    def test_a_batch_decodes_as_its_rows(self):
        torch.manual_seed(5)
        model = Transducer(CONFIG).eval()
        # An untrained network says one thing; a larger output layer makes it say many.
        model.joint.joint_net[-1].weight.mul_(8.0)
        batch = collate(samples(32), 4)
        encoded, lengths = model.encoder(batch.features, batch.frames, batch.padded)
        together = greedy(model, encoded, lengths)
        alone = [greedy(model, encoded[i : i + 1], lengths[i : i + 1])[0] for i in range(32)]
        self.assertEqual(together, alone)
        self.assertGreater(len({tuple(word) for word in together}), 3)


if __name__ == "__main__":
    unittest.main()
