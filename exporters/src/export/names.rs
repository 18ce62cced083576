//! Names of the files of a bundle.

/// File name of the encoder.
pub const ENCODER: &str = "encoder.onnx";
/// File name of the encoder as ONNX Runtime's optimizer leaves it.
pub const OPTIMIZED: &str = "encoder.ort";
/// File name of the step graph.
pub const STEP: &str = "step.onnx";
/// File name of prediction network and joint for core.
pub const TRANSDUCER: &str = swipekit::internals::transducer::file::FILE;
/// File name of the encoder as a program of ExecuTorch.
pub const ENCODER_PROGRAM: &str = "encoder.pte";
/// File name of the step as a program of ExecuTorch.
pub const STEP_PROGRAM: &str = "step.pte";
/// File name of the table of prefixes.
pub const PREFIXES: &str = "prefixes.safetensors";
/// File name of the lexicon.
pub const LEXICON: &str = "lexicon.fst";
/// File name of the language model.
pub const LANGUAGE: &str = "language.bin";
/// File names of prediction network, joint's projection of the encoder, and joint as graphs of
/// their own.
pub const PARTS: [&str; 3] = ["prediction.onnx", "joint_encoder.onnx", "joint.onnx"];
/// File name of the report for people.
pub const REPORT_PAGE: &str = "report.html";
