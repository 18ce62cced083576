"""Checkpoints: what is written, and that it is there whole or not at all."""

import io
import json
import re
import tarfile
import unittest
from unittest import mock

import stream
import support
import torch

from swipekit_train import files, nemo, yaml
from swipekit_train.checkpoint import State
from swipekit_train.errors import CheckpointError, ConfigurationError
from swipekit_train.feed import Header
from swipekit_train.model import ModelConfig, Transducer

CONFIG = ModelConfig(labels=("a", "n", "'", "y"), features=6, d_model=16, layers=1, heads=2, kernel=5, ff=2, conv_channels=4, prediction=16, joint=16)
HEADER = Header.parse(stream.header(labels=["a", "n", "'", "y"])[12:])


class Checkpoints(support.Folder):
    def setUp(self):
        super().setUp()
        torch.manual_seed(1)
        self.model = Transducer(CONFIG)
        self.cfg = nemo.configuration(CONFIG, HEADER, {"samples": 12, "sources": HEADER.sources})

    def same(self, state):
        self.assertEqual(list(state), list(self.model.state_dict()))
        for name, value in self.model.state_dict().items():
            self.assertTrue(torch.equal(state[name], value), name)

    def test_ckpt(self):
        path = self.folder / "model.ckpt"
        nemo.write_ckpt(path, self.model, self.cfg, 3)
        content = torch.load(path, weights_only=True)
        self.assertEqual(content["hyper_parameters"]["cfg"], self.cfg)
        self.assertEqual(content["hyper_parameters"]["cfg"]["feature_scale"], [0.5] * 6)
        config, state = nemo.read_ckpt(path)
        self.assertEqual(config, CONFIG)
        self.same(state)

    def test_nemo(self):
        path = self.folder / "model.nemo"
        nemo.write_nemo(path, self.model, self.cfg)
        with tarfile.open(path, "r:") as tar:
            self.assertEqual(tar.getnames(), [".", "./model_config.yaml", "./model_weights.ckpt"])
            self.same(torch.load(io.BytesIO(tar.extractfile("./model_weights.ckpt").read()), weights_only=True))
            text = tar.extractfile("./model_config.yaml").read().decode()
        self.assertIn("labels:\n- a\n- \"n\"\n- \"'\"\n- \"y\"\n", text)
        self.assertIn("target: nemo.collections.asr.models.rnnt_models.EncDecRNNTModel\n", text)

    def test_the_layout_of_nemo_itself(self):
        archive = support.shared("checkpoints/en-qwerty-poc.nemo")
        ours = self.folder / "model.nemo"
        nemo.write_nemo(ours, self.model, self.cfg)
        names, keys = [], []
        for path in (archive, ours):
            with tarfile.open(path, "r:") as tar:
                names.append(tar.getnames())
                text = tar.extractfile("./model_config.yaml").read().decode()
                keys.append(set(re.findall(r"^(\w+):", text, re.M)))
        self.assertEqual(*names)
        self.assertEqual(keys[1] - keys[0], {"featurizer", "swipekit"})
        self.assertEqual(keys[0] - keys[1], {"optim"})

    def test_the_name_of_the_output_layer(self):
        for rate, name in ((0.0, "joint.joint_net.1.weight"), (0.1, "joint.joint_net.2.weight")):
            config = ModelConfig(**{**CONFIG.to_dict(), "labels": CONFIG.labels, "dropout": rate})
            model = Transducer(config)
            self.assertIn(name, model.state_dict())
            self.assertEqual(config.to_nemo()["joint"]["jointnet"]["dropout"], rate)
            # The other name, and what torch.compile puts before it, are understood.
            other = {f"encoder._orig_mod.{k[8:]}" if k.startswith("encoder.") else k: v for k, v in self.model.state_dict().items()}
            nemo.load_weights(model, {**other, "preprocessor.featurizer.window": torch.zeros(4)})
            self.assertTrue(torch.equal(model.state_dict()[name], self.model.state_dict()["joint.joint_net.1.weight"]))

    def test_weights_that_do_not_fit(self):
        state = dict(self.model.state_dict())
        state.pop("joint.enc.weight")
        with self.assertRaisesRegex(CheckpointError, "joint.enc.weight"):
            nemo.load_weights(Transducer(CONFIG), state)
        (self.folder / "x.ckpt").write_bytes(b"nothing")
        for path in (self.folder / "x.ckpt", self.folder / "none.ckpt"):
            with self.assertRaises(CheckpointError):
                nemo.read_ckpt(path)
            with self.assertRaises(CheckpointError):
                State.load(path)

    def test_an_interrupted_write_leaves_the_old_file(self):
        path = self.folder / "model.ckpt"
        nemo.write_ckpt(path, self.model, self.cfg, 3)
        before = path.read_bytes()

        def broken(_content, temporary):
            temporary.write_bytes(b"half")
            raise OSError("no space left")

        with mock.patch("torch.save", broken), self.assertRaises(OSError):
            nemo.write_ckpt(path, self.model, self.cfg, 4)
        with mock.patch("os.replace", side_effect=OSError), self.assertRaises(OSError):
            files.replace(path, lambda temporary: temporary.write_bytes(b"x"))
        self.assertEqual(path.read_bytes(), before)
        self.assertEqual([p.name for p in self.folder.iterdir()], ["model.ckpt"])

    def test_refused_architectures(self):
        for changes in ({"kernel": 4}, {"heads": 3}, {"subsampling": 8}, {"layers": 0}, {"dropout": 1.0}, {"labels": ("a", "a")}, {"d_model": 1.5}):
            with self.assertRaises(ConfigurationError):
                ModelConfig(**{**CONFIG.to_dict(), "labels": CONFIG.labels, **changes})
        with self.assertRaises(ConfigurationError):
            ModelConfig.from_nemo({"encoder": {}})


class Yaml(unittest.TestCase):
    def test_values(self):
        text = yaml.dump({"a": None, "b": True, "c": 1e-05, "d": 2.0, "e": "no", "f": "x y: #", "g": [], "h": {}, "i": "1.5", "j": -3, "k": ""})
        lines = text.splitlines()
        self.assertEqual(
            lines,
            ['a: null', 'b: true', 'c: 1.0e-05', 'd: 2.0', 'e: "no"', 'f: "x y: #"', "g: []", "h: {}", 'i: "1.5"', "j: -3", 'k: ""'],
        )  # fmt: skip
        self.assertEqual(json.loads(lines[5][3:]), "x y: #")

    def test_nesting(self):
        text = yaml.dump({"a": {"b": [1, {"c": 2, "d": [3]}, [4, 5]]}, "y": 6})
        self.assertEqual(text, 'a:\n  b:\n  - 1\n  - c: 2\n    d:\n    - 3\n  - - 4\n    - 5\n"y": 6\n')

    def test_refused(self):
        for value in (float("nan"), float("inf"), object()):
            with self.assertRaises((ValueError, TypeError)):
                yaml.dump({"a": value})


if __name__ == "__main__":
    unittest.main()
