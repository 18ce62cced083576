//! Reads Python pickles (protocols 2 to 5) as data.
//!
//! A pickle is a program for a small stack machine that may call any Python function. This reader
//! runs the stack part only. A call becomes an inert object that records the name of the callable
//! and its arguments. Nothing is ever imported or executed. Whoever reads the object decides
//! whether its name is acceptable. All values live in one arena and refer to each other by index,
//! so cycles and deep nesting cost nothing, neither to build nor to drop. Opcodes: Python's
//! `Lib/pickletools.py`; PEP 307, 3154 and 574.

mod graph;
mod machine;
mod opcodes;

pub(super) use graph::{Graph, Node, NodeId};
pub(super) use machine::parse;
