//! The stack machine.

use std::collections::HashMap;

use super::graph::{Graph, Node, NodeId, Object};
use super::opcodes as op;
use crate::checkpoint::error::{Problem, at_most};

/// A pickle of a NeMo model with its optimizer has 10^4 to 10^5 opcodes. Every opcode makes at most
/// one value, so this bounds the memory.
const MAX_OPCODES: u64 = 2_000_000;
const MAX_PICKLE: u64 = 64 << 20;
const MAX_GLOBAL_NAME: u64 = 512;
/// Longest sum of the names of globals. A pickle may use remembered names for many globals.
const MAX_GLOBAL_BYTES: u64 = 4 << 20;

/// Reads one pickle. Bytes after its end are ignored, as in Python.
pub(in crate::checkpoint) fn parse(bytes: &[u8]) -> Result<Graph, Problem> {
    at_most(
        "the pickle of the checkpoint",
        MAX_PICKLE,
        bytes.len() as u64,
    )?;
    let mut machine = Machine {
        bytes,
        position: 0,
        nodes: Vec::new(),
        stack: Vec::new(),
        marks: Vec::new(),
        memo: HashMap::new(),
        global_bytes: 0,
    };
    let root = machine.run()?;
    Ok(Graph {
        nodes: machine.nodes,
        root,
    })
}

struct Machine<'a> {
    bytes: &'a [u8],
    position: usize,
    nodes: Vec<Node>,
    stack: Vec<NodeId>,
    /// Heights of the stack at the open marks.
    marks: Vec<usize>,
    memo: HashMap<u32, NodeId>,
    global_bytes: u64,
}

impl<'a> Machine<'a> {
    fn run(&mut self) -> Result<NodeId, Problem> {
        if self.byte()? != op::PROTO {
            return Err(self.broken(
                "a pickle of protocol 2 to 5",
                "an older protocol or no pickle",
            ));
        }
        let protocol = self.byte()?;
        if !(2..=5).contains(&protocol) {
            return Err(self.broken("protocol 2 to 5", format!("protocol {protocol}")));
        }
        for _ in 0..MAX_OPCODES {
            let opcode = self.byte()?;
            if opcode == op::STOP {
                return self.pop();
            }
            self.step(opcode)?;
        }
        Err(Problem::TooLarge {
            what: "the number of pickle opcodes",
            limit: MAX_OPCODES,
            got: MAX_OPCODES + 1,
        })
    }

    fn step(&mut self, opcode: u8) -> Result<(), Problem> {
        match opcode {
            op::PROTO => drop(self.byte()?),
            op::FRAME => drop(self.take(8)?),
            op::MARK => self.marks.push(self.stack.len()),
            op::POP => drop(self.pop()?),
            op::POP_MARK => drop(self.pop_mark()?),
            op::DUP => {
                let top = self.top()?;
                self.stack.push(top);
            }
            op::NONE => self.push(Node::None)?,
            op::NEWTRUE => self.push(Node::Bool(true))?,
            op::NEWFALSE => self.push(Node::Bool(false))?,
            op::BININT => {
                let value = i32::from_le_bytes(self.array()?);
                self.push(Node::Int(value.into()))?;
            }
            op::BININT1 => {
                let value = self.byte()?;
                self.push(Node::Int(value.into()))?;
            }
            op::BININT2 => {
                let value = u16::from_le_bytes(self.array()?);
                self.push(Node::Int(value.into()))?;
            }
            op::LONG1 => {
                let length = self.byte()?.into();
                self.long(length)?;
            }
            op::LONG4 => {
                let length = self.length4()?;
                self.long(length)?;
            }
            op::BINFLOAT => {
                let value = f64::from_be_bytes(self.array()?);
                self.push(Node::Float(value))?;
            }
            op::BINUNICODE => {
                let length = self.length4()?;
                self.unicode(length)?;
            }
            op::SHORT_BINUNICODE => {
                let length = self.byte()?.into();
                self.unicode(length)?;
            }
            op::BINUNICODE8 => {
                let length = self.length8()?;
                self.unicode(length)?;
            }
            op::SHORT_BINSTRING => {
                let length = self.byte()?.into();
                self.string(length)?;
            }
            op::BINSTRING => {
                let length = self.length4()?;
                self.string(length)?;
            }
            op::SHORT_BINBYTES => {
                let length = self.byte()?.into();
                self.skip_bytes(length)?;
            }
            op::BINBYTES => {
                let length = self.length4()?;
                self.skip_bytes(length)?;
            }
            op::BINBYTES8 | op::BYTEARRAY8 => {
                let length = self.length8()?;
                self.skip_bytes(length)?;
            }
            op::EMPTY_LIST => self.push(Node::List(Vec::new()))?,
            op::LIST => {
                let members = self.pop_mark()?;
                self.push(Node::List(members))?;
            }
            op::APPEND => {
                let member = self.pop()?;
                self.extend(vec![member])?;
            }
            op::APPENDS => {
                let members = self.pop_mark()?;
                self.extend(members)?;
            }
            op::EMPTY_TUPLE => self.push(Node::Tuple(Box::default()))?,
            op::TUPLE => {
                let members = self.pop_mark()?;
                self.push(Node::Tuple(members.into()))?;
            }
            op::TUPLE1 | op::TUPLE2 | op::TUPLE3 => {
                let mut members = vec![NodeId(0); usize::from(opcode - op::TUPLE1) + 1];
                for member in members.iter_mut().rev() {
                    *member = self.pop()?;
                }
                self.push(Node::Tuple(members.into()))?;
            }
            op::EMPTY_DICT => self.push(Node::Dict(Vec::new()))?,
            op::DICT => {
                let members = self.pop_mark()?;
                let items = self.pairs(&members)?;
                self.push(Node::Dict(items))?;
            }
            op::SETITEM => {
                let value = self.pop()?;
                let key = self.pop()?;
                self.set_items(vec![(key, value)])?;
            }
            op::SETITEMS => {
                let members = self.pop_mark()?;
                let items = self.pairs(&members)?;
                self.set_items(items)?;
            }
            op::EMPTY_SET => self.push(Node::Set)?,
            op::ADDITEMS => drop(self.pop_mark()?),
            op::FROZENSET => {
                self.pop_mark()?;
                self.push(Node::Set)?;
            }
            op::GLOBAL => {
                let module = self.line()?;
                let name = self.line()?;
                self.global(module, name)?;
            }
            op::STACK_GLOBAL => {
                let (name, module) = (self.pop()?, self.pop()?);
                let (module, name) = (self.text(module)?, self.text(name)?);
                self.global(&module, &name)?;
            }
            op::REDUCE | op::NEWOBJ => {
                let (args, class) = (self.pop()?, self.pop()?);
                self.object(class, args)?;
            }
            op::NEWOBJ_EX => {
                let (_keywords, args, class) = (self.pop()?, self.pop()?, self.pop()?);
                self.object(class, args)?;
            }
            op::BUILD => {
                let state = self.pop()?;
                let target = self.top()?;
                // State of other values is ignored: it sets attributes, such as `_metadata` of a
                // state_dict.
                if let Some(Node::Object(object)) = self.nodes.get_mut(target.0 as usize) {
                    object.state = Some(state);
                }
            }
            op::BINPERSID => {
                let id = self.pop()?;
                self.push(Node::Persistent(id))?;
            }
            op::BINGET => {
                let index = self.byte()?.into();
                self.recall(index)?;
            }
            op::LONG_BINGET => {
                let index = u32::from_le_bytes(self.array()?);
                self.recall(index)?;
            }
            op::BINPUT => {
                let index = self.byte()?.into();
                self.memoize(index)?;
            }
            op::LONG_BINPUT => {
                let index = u32::from_le_bytes(self.array()?);
                self.memoize(index)?;
            }
            op::MEMOIZE => {
                let index = u32::try_from(self.memo.len()).unwrap_or(u32::MAX);
                self.memoize(index)?;
            }
            _ => {
                return Err(self.broken(
                    "an opcode of protocol 2 to 5",
                    format!("opcode 0x{opcode:02x}"),
                ));
            }
        }
        Ok(())
    }

    fn broken(&self, expected: impl Into<String>, got: impl Into<String>) -> Problem {
        Problem::damaged(
            format!("the pickle at byte {}", self.position),
            expected,
            got,
        )
    }

    fn take(&mut self, count: usize) -> Result<&'a [u8], Problem> {
        let rest = self.bytes.get(self.position..).unwrap_or_default();
        let Some(taken) = rest.get(..count) else {
            return Err(self.broken(format!("{count} more bytes"), format!("{}", rest.len())));
        };
        self.position += count;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], Problem> {
        let mut array = [0; N];
        array.copy_from_slice(self.take(N)?);
        Ok(array)
    }

    fn byte(&mut self) -> Result<u8, Problem> {
        self.array::<1>().map(|[byte]| byte)
    }

    fn length4(&mut self) -> Result<usize, Problem> {
        let length = u32::from_le_bytes(self.array()?);
        usize::try_from(length).map_err(|_| self.broken("a length", length.to_string()))
    }

    fn length8(&mut self) -> Result<usize, Problem> {
        let length = u64::from_le_bytes(self.array()?);
        usize::try_from(length).map_err(|_| self.broken("a length", length.to_string()))
    }

    /// Text up to the end of the line, for the one textual opcode (GLOBAL).
    fn line(&mut self) -> Result<&'a str, Problem> {
        let rest = self.bytes.get(self.position..).unwrap_or_default();
        let window = rest.get(..MAX_GLOBAL_NAME as usize).unwrap_or(rest);
        let Some(length) = window.iter().position(|byte| *byte == b'\n') else {
            return Err(self.broken("a module or class name", "no end of line"));
        };
        let line = self.take(length)?;
        self.position += 1;
        std::str::from_utf8(line)
            .map_err(|_| self.broken("a module or class name", "bytes that are not UTF-8"))
    }

    fn unicode(&mut self, length: usize) -> Result<(), Problem> {
        let bytes = self.take(length)?;
        // Python writes lone surrogates ("surrogatepass"), which no Rust string can hold. They are
        // stored as opaque bytes.
        let node = std::str::from_utf8(bytes).map_or(Node::Bytes, |text| Node::Str(text.into()));
        self.push(node)
    }

    /// A Python 2 string: text if it is UTF-8.
    fn string(&mut self, length: usize) -> Result<(), Problem> {
        self.unicode(length)
    }

    fn skip_bytes(&mut self, length: usize) -> Result<(), Problem> {
        self.take(length)?;
        self.push(Node::Bytes)
    }

    /// A little-endian two's complement integer of `length` bytes.
    fn long(&mut self, length: usize) -> Result<(), Problem> {
        let bytes = self.take(length)?;
        let node = if length > 8 {
            Node::BigInt
        } else {
            let sign = if bytes.last().is_some_and(|byte| byte & 0x80 != 0) {
                0xff
            } else {
                0
            };
            let mut array = [sign; 8];
            for (to, from) in array.iter_mut().zip(bytes) {
                *to = *from;
            }
            Node::Int(i64::from_le_bytes(array))
        };
        self.push(node)
    }

    fn push(&mut self, node: Node) -> Result<(), Problem> {
        let id =
            u32::try_from(self.nodes.len()).map_err(|_| self.broken("fewer values", "2^32"))?;
        self.nodes.push(node);
        self.stack.push(NodeId(id));
        Ok(())
    }

    fn floor(&self) -> usize {
        self.marks.last().copied().unwrap_or(0)
    }

    fn pop(&mut self) -> Result<NodeId, Problem> {
        if self.stack.len() > self.floor()
            && let Some(id) = self.stack.pop()
        {
            return Ok(id);
        }
        Err(self.broken("a value on the stack", "an empty stack"))
    }

    fn top(&self) -> Result<NodeId, Problem> {
        match self.stack.last() {
            Some(id) if self.stack.len() > self.floor() => Ok(*id),
            _ => Err(self.broken("a value on the stack", "an empty stack")),
        }
    }

    fn pop_mark(&mut self) -> Result<Vec<NodeId>, Problem> {
        match self.marks.pop() {
            Some(height) if height <= self.stack.len() => Ok(self.stack.split_off(height)),
            _ => Err(self.broken("a mark on the stack", "none")),
        }
    }

    fn pairs(&self, members: &[NodeId]) -> Result<Vec<(NodeId, NodeId)>, Problem> {
        let (pairs, rest) = members.as_chunks::<2>();
        if !rest.is_empty() {
            return Err(self.broken("keys with values", "a key without one"));
        }
        Ok(pairs.iter().map(|[key, value]| (*key, *value)).collect())
    }

    fn extend(&mut self, members: Vec<NodeId>) -> Result<(), Problem> {
        let target = self.top()?;
        match self.nodes.get_mut(target.0 as usize) {
            Some(Node::List(list)) => list.extend(members),
            // A subclass of list. Its content is never needed.
            Some(Node::Object(_)) => {}
            _ => return Err(self.broken("a list to append to", "another value")),
        }
        Ok(())
    }

    fn set_items(&mut self, new: Vec<(NodeId, NodeId)>) -> Result<(), Problem> {
        let target = self.top()?;
        match self.nodes.get_mut(target.0 as usize) {
            Some(Node::Dict(items)) => items.extend(new),
            Some(Node::Object(object)) => object.items.extend(new),
            _ => return Err(self.broken("a dictionary to put items into", "another value")),
        }
        Ok(())
    }

    fn text(&self, id: NodeId) -> Result<String, Problem> {
        match self.nodes.get(id.0 as usize) {
            Some(Node::Str(text)) if text.len() as u64 <= MAX_GLOBAL_NAME => Ok(text.to_string()),
            _ => Err(self.broken("a module or class name", "another value")),
        }
    }

    fn global(&mut self, module: &str, name: &str) -> Result<(), Problem> {
        let name = format!("{module}.{name}");
        self.global_bytes += name.len() as u64;
        at_most("the names of globals", MAX_GLOBAL_BYTES, self.global_bytes)?;
        self.push(Node::Global(name.into()))
    }

    fn object(&mut self, class: NodeId, args: NodeId) -> Result<(), Problem> {
        if !matches!(self.nodes.get(args.0 as usize), Some(Node::Tuple(_))) {
            return Err(self.broken("a tuple of arguments", "another value"));
        }
        self.push(Node::Object(Box::new(Object {
            class,
            args,
            state: None,
            items: Vec::new(),
        })))
    }

    fn recall(&mut self, index: u32) -> Result<(), Problem> {
        let Some(id) = self.memo.get(&index).copied() else {
            return Err(self.broken(
                "a remembered value",
                format!("number {index}, which was never stored"),
            ));
        };
        self.stack.push(id);
        Ok(())
    }

    fn memoize(&mut self, index: u32) -> Result<(), Problem> {
        let top = self.top()?;
        self.memo.insert(index, top);
        Ok(())
    }
}
