"""The architecture of a transducer, and NeMo's configuration of the same."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any

from ..errors import ConfigurationError


@dataclass(frozen=True)
class ModelConfig:
    """Sizes of a Conformer transducer. Labels come first, the blank is the class after the last label, as NeMo has it."""

    labels: tuple[str, ...]
    features: int = 37
    d_model: int = 128
    layers: int = 4
    heads: int = 4
    kernel: int = 15
    #: Inner width of the feed-forward modules over d_model.
    ff: int = 4
    #: Frames of the input for one of the encoder: 2 or 4.
    subsampling: int = 2
    #: Channels of the subsampling convolutions.
    conv_channels: int = 32
    conv_norm: str = "batch_norm"
    prediction: int = 128
    prediction_layers: int = 1
    joint: int = 192
    #: Dropout of encoder, prediction network and joint.
    dropout: float = 0.0

    def __post_init__(self) -> None:
        for name in ("features", "d_model", "layers", "heads", "kernel", "ff", "conv_channels", "prediction", "prediction_layers", "joint"):
            value = getattr(self, name)
            if not isinstance(value, int) or value < 1:
                raise ConfigurationError(f"{name}: expected a whole number from 1, got {value!r}")
        if not self.labels or len(set(self.labels)) != len(self.labels):
            raise ConfigurationError("labels: expected at least one and no label twice")
        if self.d_model % 2 or self.d_model % self.heads:
            raise ConfigurationError(f"d_model: expected an even multiple of heads ({self.heads}), got {self.d_model}")
        if self.kernel % 2 == 0:
            raise ConfigurationError(f"kernel: expected an odd number, got {self.kernel}")
        if self.subsampling not in (2, 4):
            raise ConfigurationError(f"subsampling: expected 2 or 4, got {self.subsampling}")
        if self.conv_norm not in ("batch_norm", "layer_norm"):
            raise ConfigurationError(f"conv_norm: expected batch_norm or layer_norm, got {self.conv_norm!r}")
        if not 0.0 <= self.dropout < 1.0:
            raise ConfigurationError(f"dropout: expected 0 to below 1, got {self.dropout}")

    @property
    def blank(self) -> int:
        """The class of the blank."""
        return len(self.labels)

    def to_dict(self) -> dict[str, Any]:
        """The sizes as plain data, for the state of a run."""
        return {**dataclasses.asdict(self), "labels": list(self.labels)}

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> ModelConfig:
        """The reverse of :meth:`to_dict`."""
        return cls(**{**data, "labels": tuple(data["labels"])})

    def to_nemo(self) -> dict[str, Any]:
        """The same as ``cfg`` of NeMo's ``EncDecRNNTModel`` (2.4)."""
        labels = list(self.labels)
        count = len(labels)
        drop = float(self.dropout)
        return {
            "labels": labels,
            "sample_rate": 16000,
            "model_defaults": {"enc_hidden": self.d_model, "pred_hidden": self.prediction},
            # The model is never given audio; NeMo wants a front end nevertheless.
            "preprocessor": {
                "_target_": "nemo.collections.asr.modules.AudioToMelSpectrogramPreprocessor",
                "sample_rate": 16000,
                "normalize": "per_feature",
                "window_size": 0.025,
                "window_stride": 0.01,
                "features": self.features,
                "n_fft": 512,
                "frame_splicing": 1,
                "dither": 0.0,
            },
            "encoder": {
                "_target_": "nemo.collections.asr.modules.ConformerEncoder",
                "feat_in": self.features,
                "n_layers": self.layers,
                "d_model": self.d_model,
                "feat_out": -1,
                "subsampling": "striding",
                "subsampling_factor": self.subsampling,
                "subsampling_conv_channels": self.conv_channels,
                "ff_expansion_factor": self.ff,
                "self_attention_model": "rel_pos",
                "n_heads": self.heads,
                "att_context_size": [-1, -1],
                "xscaling": True,
                "untie_biases": True,
                "pos_emb_max_len": 5000,
                "conv_kernel_size": self.kernel,
                "conv_norm_type": self.conv_norm,
                "conv_context_size": None,
                "dropout": drop,
                "dropout_emb": 0.0,
                "dropout_att": drop,
            },
            "decoder": {
                "_target_": "nemo.collections.asr.modules.rnnt.RNNTDecoder",
                "prednet": {
                    "pred_hidden": self.prediction,
                    "pred_rnn_layers": self.prediction_layers,
                    "forget_gate_bias": 1.0,
                    "t_max": None,
                    "dropout": drop,
                },
                "vocab_size": count,
                "blank_as_pad": True,
            },
            "joint": {
                "_target_": "nemo.collections.asr.modules.rnnt.RNNTJoint",
                "fuse_loss_wer": False,
                # The rate decides the name of the output layer: see `Joint`.
                "jointnet": {
                    "joint_hidden": self.joint,
                    "activation": "relu",
                    "dropout": drop,
                    "encoder_hidden": self.d_model,
                    "pred_hidden": self.prediction,
                },
                "num_classes": count,
                "vocabulary": labels,
                "log_softmax": True,
                "preserve_memory": False,
            },
            "loss": {"loss_name": "warprnnt_numba", "warprnnt_numba_kwargs": {"fastemit_lambda": 0.0, "clamp": -1.0}},
            "decoding": {
                "strategy": "greedy_batch",
                "greedy": {"max_symbols": 10},
                "greedy_batch": {"max_symbols": 10, "enable_cuda_graphs": False, "use_cuda_graph_decoder": False},
                "preserve_alignments": False,
                "compute_timestamps": False,
            },
        }

    @classmethod
    def from_nemo(cls, cfg: dict[str, Any]) -> ModelConfig:
        """Reads what :meth:`to_nemo` writes."""
        try:
            encoder, prednet, jointnet = cfg["encoder"], cfg["decoder"]["prednet"], cfg["joint"]["jointnet"]
            channels = encoder["subsampling_conv_channels"]
            return cls(
                labels=tuple(cfg["labels"]),
                features=encoder["feat_in"],
                d_model=encoder["d_model"],
                layers=encoder["n_layers"],
                heads=encoder["n_heads"],
                kernel=encoder["conv_kernel_size"],
                ff=encoder["ff_expansion_factor"],
                subsampling=encoder["subsampling_factor"],
                conv_channels=encoder["d_model"] if channels == -1 else channels,
                conv_norm=encoder.get("conv_norm_type", "batch_norm"),
                prediction=prednet["pred_hidden"],
                prediction_layers=prednet["pred_rnn_layers"],
                joint=jointnet["joint_hidden"],
                dropout=jointnet.get("dropout", 0.0),
            )
        except (KeyError, TypeError) as error:
            raise ConfigurationError(f"the checkpoint's configuration: expected NeMo's, got none of {error}") from error
