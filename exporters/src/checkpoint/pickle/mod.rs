//! Reads Python pickles (protocols 2 to 5) as data.
//!
//! A pickle is a program for a small stack machine that may call any Python function. This reader
//! runs the stack part only: a call becomes an inert object that records the name of the callable
//! and its arguments, and nothing is ever imported or executed. Whether a name is acceptable is
//! decided by whoever reads the object. All values live in one arena and refer to each other by
//! index, so neither cycles nor deep nesting cost anything, on building or on dropping. Opcodes:
//! Python's `Lib/pickletools.py`; PEP 307, 3154 and 574.

mod graph;
mod machine;
mod opcodes;

pub(super) use graph::{Graph, Node, NodeId};
pub(super) use machine::parse;
