//! The states of a lexicon: their layout in the file and how to read them.
//!
//! The automaton is a minimal acyclic transducer from symbols (dense numbers of the labels in use)
//! to costs. Costs are pushed towards the root: every state but the root has a transition or an end
//! of its own with cost 0. The costs summed from the root to a state are therefore the least cost
//! of any word below it.
//!
//! The root comes first. Every other state follows all states that lead to it. Targets are
//! therefore unsigned forward distances, and no file can hold a cycle, however damaged. The bytes
//! of a state are:
//!
//! ```text
//! 1sssssss    one transition: symbol s, cost 0, to the state right behind; not the end of a word
//! 0fcnnnnn [count-31] [cost] transition*
//!             f: end of a word; c: a cost of its own follows; n transitions (31: a byte follows)
//! transition = cttsssss [symbol] [distance] [cost]
//!     s: symbol (31: a byte follows); c: a cost follows
//!     t: target; 0 right behind this transition (the last one only), 1 the last byte of all,
//!        which is the end that adds nothing, 2 or 3: so many bytes of distance, counted from the
//!        end of the transition, little endian
//! cost = LEB128, at most two bytes
//! ```
//!
//! Reading never fails: a state that reaches past the end reads as one without transitions.
//! [`verify`](super::Lexicon::verify) reports such damage.

/// Greatest cost of one transition in steps; it keeps the sum over a key from overflowing.
pub(crate) const MAX_COST: u32 = (1 << 14) - 1;
/// Most bytes of an automaton: the reach of a three-byte distance.
pub(crate) const MAX_AUTOMATON: usize = 1 << 24;

pub(super) const CHAIN: u8 = 0x80;
pub(super) const FINAL: u8 = 0x40;
pub(super) const FINAL_COST: u8 = 0x20;
pub(super) const TRANSITION_COST: u8 = 0x80;
pub(super) const ESCAPE: u8 = 31;
pub(super) const TARGET_SHIFT: u8 = 5;
pub(super) const BEHIND: u8 = 0;
pub(super) const LEAF: u8 = 1;

/// A state of a lexicon, reached by a prefix. Several prefixes may share a state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct State(pub(super) u32);

/// A transition from one state to the next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Transition {
    /// Class of the label.
    pub label: u8,
    /// Cost in steps of the lexicon's unit, added to the costs so far.
    pub cost: u32,
    /// The state that it leads to.
    pub next: State,
}

/// The content of a state's first bytes.
#[derive(Clone, Copy)]
pub(super) struct Head {
    pub end: Option<u32>,
    pub transitions: u32,
    /// Offset of the first transition.
    pub at: usize,
}

/// Reads the head of the state at `at`; `None` past the end of the data. A chain state has one
/// transition, at its own offset.
pub(super) fn head(data: &[u8], at: usize) -> Option<Head> {
    let byte = *data.get(at)?;
    if byte & CHAIN != 0 {
        return Some(Head {
            end: None,
            transitions: 1,
            at,
        });
    }
    let mut next = at + 1;
    let mut transitions = u32::from(byte & ESCAPE);
    if transitions == u32::from(ESCAPE) {
        transitions += u32::from(*data.get(next)?);
        next += 1;
    }
    let end = if byte & FINAL == 0 {
        None
    } else if byte & FINAL_COST == 0 {
        Some(0)
    } else {
        Some(cost(data, &mut next)?)
    };
    Some(Head {
        end,
        transitions,
        at: next,
    })
}

/// Reads the transition at `at`: symbol, cost, target and the offset after it.
pub(super) fn transition(data: &[u8], at: usize) -> Option<(u8, u32, u32, usize)> {
    let byte = *data.get(at)?;
    let mut next = at + 1;
    let mut symbol = byte & ESCAPE;
    if symbol == ESCAPE {
        symbol = *data.get(next)?;
        next += 1;
    }
    let kind = byte >> TARGET_SHIFT & 3;
    let mut distance = 0;
    if kind > LEAF {
        for shift in 0..kind {
            distance |= u32::from(*data.get(next)?) << (8 * shift);
            next += 1;
        }
    }
    let cost = if byte & TRANSITION_COST == 0 {
        0
    } else {
        cost(data, &mut next)?
    };
    let target = if kind == LEAF {
        data.len().checked_sub(1)?
    } else {
        next + distance as usize
    };
    // A target at or before the transition would be a cycle; so would a last byte that points to
    // itself.
    if target < next || target >= data.len() {
        return None;
    }
    Some((symbol, cost, u32::try_from(target).ok()?, next))
}

/// The transition of the chain state at `at`.
pub(super) fn chain(data: &[u8], at: usize) -> Option<(u8, u32)> {
    let byte = *data.get(at)?;
    (byte & CHAIN != 0 && at + 1 < data.len())
        .then_some(at + 1)
        .and_then(|next| Some((byte & !CHAIN, u32::try_from(next).ok()?)))
}

fn cost(data: &[u8], at: &mut usize) -> Option<u32> {
    let low = *data.get(*at)?;
    *at += 1;
    if low < 0x80 {
        return Some(u32::from(low));
    }
    let high = *data.get(*at)?;
    *at += 1;
    Some(u32::from(low & 0x7f) | u32::from(high & 0x7f) << 7)
}

/// The transitions of a state; see [`Lexicon::transitions`](super::Lexicon::transitions).
#[derive(Clone, Debug)]
pub struct Transitions<'a> {
    data: &'a [u8],
    classes: &'a [u8; 256],
    at: usize,
    left: u32,
    chain: bool,
}

/// Marks a symbol without a label in the table of classes.
pub(super) const NO_CLASS: u8 = u8::MAX;

impl<'a> Transitions<'a> {
    pub(super) fn new(data: &'a [u8], classes: &'a [u8; 256], state: State) -> Self {
        let at = state.0 as usize;
        let (at, left) = head(data, at).map_or((at, 0), |h| (h.at, h.transitions));
        Self {
            data,
            classes,
            at,
            left,
            chain: data.get(at).is_some_and(|b| b & CHAIN != 0) && at == state.0 as usize,
        }
    }

    fn read(&self) -> Option<(Transition, usize)> {
        let (symbol, cost, target, next) = if self.chain {
            let (symbol, target) = chain(self.data, self.at)?;
            (symbol, 0, target, self.at + 1)
        } else {
            transition(self.data, self.at)?
        };
        let label = self.classes[usize::from(symbol)];
        let transition = Transition {
            label,
            cost,
            next: State(target),
        };
        (label != NO_CLASS).then_some((transition, next))
    }
}

impl Iterator for Transitions<'_> {
    type Item = Transition;

    #[inline]
    fn next(&mut self) -> Option<Transition> {
        self.left = self.left.checked_sub(1)?;
        match self.read() {
            Some((transition, next)) => {
                self.at = next;
                Some(transition)
            }
            None => {
                self.left = 0;
                None
            }
        }
    }

    #[inline]
    fn size_hint(&self) -> (usize, Option<usize>) {
        (0, Some(self.left as usize))
    }
}
