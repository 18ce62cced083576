"""Runs onnx.checker with full type and shape inference over ONNX files: `check_onnx.py FILE...`."""

import sys

import onnx

for path in sys.argv[1:]:
    onnx.checker.check_model(path, full_check=True)
    model = onnx.load(path)
    opsets = ", ".join(f"{entry.domain or 'ai.onnx'} {entry.version}" for entry in model.opset_import)
    print(f"{path}: sound, IR {model.ir_version}, {opsets}, {len(model.graph.node)} nodes")
