"""Runs encoders in this ONNX Runtime and holds them to what swipekit's runtime gave.

`run_onnxruntime.py CASES.jsonl`: each line of the file is a case of `model` (a path), `minimum` (the
oldest version that must run it), `features` [1, F, T], `lengths` [1], `encoded` [1, T', D] and
`encoded_lengths` [1] as `{"shape", "values"}`, and `tolerance`, the greatest accepted difference of a
value. Cases for newer versions than this one are left out.
"""

import json
import os
import sys

import numpy

# ONNX Runtime reports usage to its makers from the import on, unless this is set before.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"
import onnxruntime

LEVELS = onnxruntime.GraphOptimizationLevel


def array(tensor, kind):
    return numpy.array(tensor["values"], dtype=kind).reshape(tensor["shape"])


def version(text):
    return [int(number) for number in text.split(".")[:2]]


def run(case, level):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.graph_optimization_level = level
    session = onnxruntime.InferenceSession(case["model"], options, providers=["CPUExecutionProvider"])
    return session.run(
        ["encoded_btf", "encoded_lengths"],
        {
            "features_bft": array(case["features"], numpy.float32),
            "lengths": array(case["lengths"], numpy.int64),
        },
    )


def difference(encoded, expected, level):
    """The greatest difference of a value, or what stands for it."""
    differences = numpy.abs(encoded - expected)
    # The optimizer of older versions merges neighbouring pairs of quantizing nodes. The frames are
    # nearer to those in float (relative error 0.016, not 0.027, of the default model for ARM), but
    # other numbers. Half of the relative root mean square stands for the greatest difference there.
    if level == LEVELS.ORT_ENABLE_ALL and version(onnxruntime.__version__) < [1, 19]:
        squares = numpy.square([differences, expected]).mean(axis=(1, 2, 3))
        return float(numpy.sqrt(squares[0] / squares[1])) / 2
    return float(differences.max())


failed = 0
with open(sys.argv[1], encoding="utf-8") as lines:
    cases = [json.loads(line) for line in lines]
cases = [case for case in cases if version(case["minimum"]) <= version(onnxruntime.__version__)]
if not cases:
    sys.exit("there is no case")
for case in cases:
    for level in (LEVELS.ORT_DISABLE_ALL, LEVELS.ORT_ENABLE_ALL):
        encoded, lengths = run(case, level)
        expected = array(case["encoded"], numpy.float32)
        same = encoded.shape == expected.shape and lengths.tolist() == case["encoded_lengths"]["values"]
        worst = difference(encoded, expected, level) if same else float("nan")
        sound = same and bool(numpy.isfinite(encoded).all()) and worst <= case["tolerance"]
        failed += not sound
        verdict = "agrees" if sound else f"DIFFERS, accepted {case['tolerance']:g}, shape {encoded.shape}"
        print(
            f"{case['model']}: ONNX Runtime {onnxruntime.__version__}, {level.name}, "
            f"difference {worst:.3g}: {verdict}"
        )
if failed:
    sys.exit(f"{failed} of {2 * len(cases)} runs differ")
