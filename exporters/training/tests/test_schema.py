"""The tensors of the model are those that the exporters read: both sides are held to one file."""

import json
import unittest

import support

from swipekit_train.model import ModelConfig, Transducer

#: Configurations in NeMo's form and the tensors that the exporters' schema has for them.
CASES = json.loads((support.ROOT / "exporters/src/schema/schema.json").read_text(encoding="utf-8"))


class Schema(unittest.TestCase):
    def test_names_and_shapes_are_those_of_the_exporters(self):
        self.assertEqual(len(CASES), 2)
        for case in CASES:
            config = ModelConfig.from_nemo(case["cfg"])
            self.assertEqual(config.to_nemo(), case["cfg"])
            state = Transducer(config).state_dict()
            self.assertEqual({name: list(value.shape) for name, value in state.items()}, case["tensors"], case["name"])


if __name__ == "__main__":
    unittest.main()
