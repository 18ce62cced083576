"""The network against NeMo's own outputs."""

import io
import json
import tarfile
import unittest

import support
import torch

from swipekit_train import nemo
from swipekit_train.loss import rnnt_loss
from swipekit_train.model import ModelConfig, Transducer

LABELS = tuple(str(i) for i in range(29))
TINY = dict(labels=LABELS, d_model=32, layers=2, heads=2, kernel=9, ff=4, conv_channels=32, prediction=24, joint=40)
MODELS = {
    "tiny-cut": ModelConfig(**TINY, subsampling=2, prediction_layers=2, dropout=0.1),
    "tiny": ModelConfig(**TINY, subsampling=2, prediction_layers=2, dropout=0.1),
    "tiny4": ModelConfig(**TINY, subsampling=4, conv_norm="layer_norm", prediction_layers=1),
}


def load(name):
    """A model of the oracle, and what NeMo computed with it."""
    archive = support.shared(f"oracle/{name}/{name}.nemo")
    with tarfile.open(archive) as tar:
        state = torch.load(io.BytesIO(tar.extractfile("./model_weights.ckpt").read()), weights_only=True)
    model = Transducer(MODELS[name]).eval()
    expected = {key for key in state if not key.startswith("preprocessor.")}
    if set(model.state_dict()) != expected:
        raise AssertionError(set(model.state_dict()) ^ expected)
    nemo.load_weights(model, state)
    return model, support.safetensors(support.shared(f"oracle/{name}/goldens.safetensors"))


def models():
    """Each model that is there, with its name and what NeMo computed with it."""
    for name in MODELS:
        try:
            yield name, *load(name)
        except unittest.SkipTest:
            continue


class Oracle(unittest.TestCase):
    @torch.no_grad()
    def test_encoder(self):
        for name, model, golden in models():
            names = [key[3:] for key in golden if key.startswith("in.")]
            self.assertGreater(len(names), 8)
            for key in names:
                features = golden[f"in.{key}"].transpose(1, 2)
                for padded in (False, True):
                    encoded, lengths = model.encoder(features, torch.tensor([features.shape[1]]), padded)
                    self.assertEqual(lengths.item(), golden[f"enc_len.{key}"].item())
                    self.assertLess(float((encoded.transpose(1, 2) - golden[f"enc.{key}"]).abs().max()), 1e-5, (name, key))

    @torch.no_grad()
    def test_padding_does_not_matter(self):
        # NeMo 2.4 does not mask in the subsampling, NeMo 3.0 does; what is right is what a swipe
        # gives alone.
        for name, model, golden in models():
            new = support.safetensors(support.shared(f"oracle/{name}/goldens_nemo300.safetensors"))
            for padding in ("zero", "garbage"):
                features = golden[f"batch.{padding}.in"].transpose(1, 2)
                encoded, lengths = model.encoder(features, golden["batch.len"], True)
                for row, length in enumerate(lengths.tolist()):
                    got = encoded[row, :length].T
                    self.assertLess(float((got - golden[f"batch.alone{row}.enc"][0]).abs().max()), 1e-5)
                    self.assertLess(float((got - new[f"batch.{padding}.enc"][row, :, :length]).abs().max()), 1e-5)

    @torch.no_grad()
    def test_prediction_network(self):
        for name, model, golden in models():
            for word in ("empty", "a", "hello", "the"):
                labels = golden[f"pred.{word}.labels"]
                if labels.shape[1]:
                    got = model.decoder(labels)
                    self.assertLess(float((got - golden[f"pred.{word}.g"]).abs().max()), 1e-6)
                state = None
                inputs = [model.config.blank, *labels[0].tolist()]
                for number, label in enumerate(inputs):
                    got, state = model.decoder.step(torch.tensor([label]), state)
                    self.assertLess(float((got - golden[f"pred.{word}.step_g"][number, 0]).abs().max()), 1e-6)

    @torch.no_grad()
    def test_joint(self):
        for name, model, golden in models():
            for frames in ("T28", "T64"):
                for word in ("hello", "the"):
                    encoded = golden[f"enc.{frames}"].transpose(1, 2)
                    logits = model.joint(encoded, model.decoder(golden[f"pred.{word}.labels"]))
                    expected = golden[f"joint.{frames}.{word}.logp"]
                    self.assertLess(float((torch.log_softmax(logits, -1) - expected).abs().max()), 2e-5)

    @torch.no_grad()
    def test_losses(self):
        for name, model, golden in models():
            rows = json.loads(support.shared(f"oracle/{name}/losses.json").read_text(encoding="utf-8"))
            checked = 0
            for row in rows:
                if not row["labels"] or f"in.{row['input']}" not in golden:
                    continue
                features = golden[f"in.{row['input']}"].transpose(1, 2)
                frames = torch.tensor([features.shape[1]])
                labels = torch.tensor([row["labels"]])
                counts = torch.tensor([labels.shape[1]])
                expected = -row["blank29"]["loglik_f64_model"]
                logits, lengths = model(features, frames, labels, False)
                loss = rnnt_loss(logits, labels, lengths, counts, model.config.blank).item()
                fused = model.loss(features, frames, labels, counts, False).item()
                for got in (loss, fused):
                    self.assertLess(abs(got - expected) / max(1.0, expected), 1e-5)
                    self.assertLess(abs(got - expected), 1e-4)
                checked += 1
            self.assertGreater(checked, 3)


class Checkpoint(unittest.TestCase):
    @torch.no_grad()
    def test_the_proof_of_concept(self):
        path = support.shared("checkpoints/en-qwerty-poc.ckpt")
        golden = support.safetensors(support.shared("checkpoints/golden.safetensors"))
        config, state = nemo.read_ckpt(path)
        model = Transducer(config).eval()
        nemo.load_weights(model, state)
        self.assertEqual(list(model.state_dict()), list(state))
        scale = torch.tensor(json.loads(support.shared("checkpoints/feature_scale.json").read_text())["feature_scale"])
        for number in range(10):
            features = (golden[f"features{number}"] * scale).float().unsqueeze(0)
            encoded, _ = model.encoder(features, torch.tensor([features.shape[1]]), False)
            labels = golden[f"labels{number}"].long().view(1, -1)
            logp = torch.log_softmax(model.joint(encoded, model.decoder(labels)), -1)
            self.assertLess(float((encoded[0] - golden[f"enc{number}"]).abs().max()), 1e-5)
            self.assertLess(float((logp[0] - golden[f"logp{number}"]).abs().max()), 5e-5)


if __name__ == "__main__":
    unittest.main()
