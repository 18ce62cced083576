"""Runs encoders in stock ONNX Runtime and holds them to what swipekit's runtime gave: `run_onnxruntime.py CASES.json`.

Each line of the file is a case: `model` (a path), `features` [1, F, T], `lengths` [1], `encoded` [1, T', D] and
`encoded_lengths` [1] as `{"shape", "values"}`, and `tolerance`, the greatest accepted difference of a value.
"""

import json
import os
import sys

import numpy

# ONNX Runtime reports usage to its makers from the import on, unless this is set before.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"
import onnxruntime


def array(tensor, kind):
    return numpy.array(tensor["values"], dtype=kind).reshape(tensor["shape"])


failed = 0
with open(sys.argv[1], encoding="utf-8") as lines:
    cases = [json.loads(line) for line in lines]
if not cases:
    sys.exit("there is no case")
for case in cases:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(case["model"], options, providers=["CPUExecutionProvider"])
    encoded, lengths = session.run(
        ["encoded_btf", "encoded_lengths"],
        {
            "features_bft": array(case["features"], numpy.float32),
            "lengths": array(case["lengths"], numpy.int64),
        },
    )
    expected = array(case["encoded"], numpy.float32)
    same = encoded.shape == expected.shape and lengths.tolist() == case["encoded_lengths"]["values"]
    worst = float(numpy.abs(encoded - expected).max()) if same else float("nan")
    sound = same and bool(numpy.isfinite(encoded).all()) and worst <= case["tolerance"]
    failed += not sound
    verdict = "agrees" if sound else f"DIFFERS, accepted {case['tolerance']:g}, shape {encoded.shape}"
    print(f"{case['model']}: ONNX Runtime {onnxruntime.__version__}, greatest difference {worst:.3g}: {verdict}")
if failed:
    sys.exit(f"{failed} of {len(cases)} encoders differ")
