"""Lowers one RNN-T (Conformer encoder, LSTM prediction network, joint) to ExecuTorch programs.

``python -m swipekit_pte JOB.json`` is the whole interface: see `job` for what goes in, `messages` for what comes out.
Only `job` and `messages` may be imported without PyTorch.
"""
