//! Turns sorted keys with costs into the bytes of a minimal automaton.
//!
//! Incremental minimization of sorted keys after Daciuk, Mihov, Watson and Watson, "Incremental
//! construction of minimal acyclic finite-state automata" (2000), with outputs pushed to the
//! earliest transition as in Mihov and Maurel, "Direct construction of minimal acyclic
//! subsequential transducers" (2001).

use std::collections::HashMap;

use super::automaton::{
    BEHIND, CHAIN, ESCAPE, FINAL, FINAL_COST, LEAF, MAX_AUTOMATON, TARGET_SHIFT, TRANSITION_COST,
};

#[derive(Clone, PartialEq, Eq, Hash)]
struct Frozen {
    end: Option<u32>,
    transitions: Vec<FrozenTransition>,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct FrozenTransition {
    symbol: u8,
    cost: u32,
    target: u32,
}

/// A state on the path of the last key. Its last transition is still open: `symbol` and `cost` hold
/// it.
#[derive(Default)]
struct Open {
    end: Option<u32>,
    transitions: Vec<FrozenTransition>,
    symbol: u8,
    cost: u32,
}

impl Open {
    /// Adds `cost` to every continuation of this state: its end, its transitions and its open
    /// transition.
    fn push(&mut self, cost: u32) {
        if cost == 0 {
            return;
        }
        if let Some(end) = &mut self.end {
            *end += cost;
        }
        for transition in &mut self.transitions {
            transition.cost += cost;
        }
        self.cost += cost;
    }
}

/// The bytes of an automaton and the number of its states.
pub(super) struct Automaton {
    pub bytes: Vec<u8>,
    pub states: u32,
}

/// Why keys do not fit.
pub(super) struct TooLarge {
    pub bytes: usize,
}

/// Builds the automaton of `keys`: symbols with the cost of the whole key, strictly ascending, none
/// empty.
pub(super) fn minimize<'a>(
    keys: impl Iterator<Item = (&'a [u8], u32)>,
) -> Result<Automaton, TooLarge> {
    let mut minimizer = Minimizer::default();
    // Number 0 is the end state of cost 0; it is written last in the file.
    minimizer.freeze(Frozen {
        end: Some(0),
        transitions: Vec::new(),
    });
    let mut path = vec![Open::default()];
    let mut last: &[u8] = &[];
    for (key, cost) in keys {
        debug_assert!(last < key);
        let common = last.iter().zip(key).take_while(|(a, b)| a == b).count();
        minimizer.close(&mut path, common);
        let mut rest = cost;
        for depth in 0..common {
            let shared = path[depth].cost.min(rest);
            let below = path[depth].cost - shared;
            path[depth].cost = shared;
            path[depth + 1].push(below);
            rest -= shared;
        }
        for &symbol in &key[common..] {
            if let Some(state) = path.last_mut() {
                state.symbol = symbol;
                state.cost = rest;
            }
            rest = 0;
            path.push(Open::default());
        }
        if let Some(state) = path.last_mut() {
            state.end = Some(rest);
        }
        last = key;
    }
    minimizer.close(&mut path, 0);
    let root = path.pop().unwrap_or_default();
    minimizer.write(Frozen {
        end: root.end,
        transitions: root.transitions,
    })
}

#[derive(Default)]
struct Minimizer {
    numbers: HashMap<Frozen, u32>,
}

impl Minimizer {
    fn freeze(&mut self, state: Frozen) -> u32 {
        let next = self.numbers.len() as u32;
        *self.numbers.entry(state).or_insert(next)
    }

    /// Freezes the open states deeper than `depth`.
    fn close(&mut self, path: &mut Vec<Open>, depth: usize) {
        while path.len() > depth + 1 {
            let Some(state) = path.pop() else { return };
            let target = self.freeze(Frozen {
                end: state.end,
                transitions: state.transitions,
            });
            if let Some(parent) = path.last_mut() {
                let (symbol, cost) = (parent.symbol, parent.cost);
                parent.cost = 0;
                parent.transitions.push(FrozenTransition {
                    symbol,
                    cost,
                    target,
                });
            }
        }
    }

    /// Lays out the states, the root first. It writes backwards because a state refers only to
    /// states after it; a distance is then a difference of offsets from the end.
    fn write(self, root: Frozen) -> Result<Automaton, TooLarge> {
        let mut states: Vec<(Frozen, u32)> = self.numbers.into_iter().collect();
        states.sort_unstable_by_key(|(_, number)| *number);
        let count = states.len() as u32 + 1;
        states.push((root, count - 1));
        let mut reversed = Vec::with_capacity(states.len() * 4);
        // Distance of each state's first byte from the end of the automaton.
        let mut starts: Vec<usize> = Vec::with_capacity(states.len());
        for (state, number) in &states {
            write_state(&mut reversed, state, *number, &starts);
            starts.push(reversed.len());
            if reversed.len() > MAX_AUTOMATON {
                return Err(TooLarge {
                    bytes: reversed.len(),
                });
            }
        }
        reversed.reverse();
        Ok(Automaton {
            bytes: reversed,
            states: count,
        })
    }
}

fn write_state(reversed: &mut Vec<u8>, state: &Frozen, number: u32, starts: &[usize]) {
    let behind =
        |transition: &FrozenTransition| transition.target != 0 && transition.target + 1 == number;
    let mut transitions = state.transitions.clone();
    // Only the last transition can lead to the state directly after it.
    if let Some(at) = transitions.iter().position(behind) {
        let transition = transitions.remove(at);
        transitions.push(transition);
    }
    if let ([transition], None) = (transitions.as_slice(), state.end)
        && behind(transition)
        && transition.cost == 0
        && transition.symbol < CHAIN
    {
        reversed.push(CHAIN | transition.symbol);
        return;
    }
    for transition in transitions.iter().rev() {
        let distance = reversed.len() - starts[transition.target as usize];
        let kind = match (transition.target, distance) {
            (0, _) => LEAF,
            (_, 0) => BEHIND,
            (_, d) if d < 1 << 16 => 2,
            _ => 3,
        };
        let mut head = kind << TARGET_SHIFT;
        if transition.cost > 0 {
            write_cost(reversed, transition.cost);
            head |= TRANSITION_COST;
        }
        if kind > LEAF {
            let bytes = distance.to_le_bytes();
            reversed.extend(bytes[..usize::from(kind)].iter().rev());
        }
        if transition.symbol >= ESCAPE {
            reversed.push(transition.symbol);
        }
        reversed.push(head | transition.symbol.min(ESCAPE));
    }
    let mut head = 0;
    if let Some(cost) = state.end {
        head |= FINAL;
        if cost > 0 {
            write_cost(reversed, cost);
            head |= FINAL_COST;
        }
    }
    let transitions = state.transitions.len();
    if transitions >= usize::from(ESCAPE) {
        reversed.push((transitions - usize::from(ESCAPE)) as u8);
    }
    reversed.push(head | transitions.min(usize::from(ESCAPE)) as u8);
}

/// Pushes a cost of at most 14 bits, last byte first.
fn write_cost(reversed: &mut Vec<u8>, cost: u32) {
    let (low, high) = ((cost & 0x7f) as u8, (cost >> 7) as u8);
    if high > 0 {
        reversed.push(high);
        reversed.push(low | 0x80);
    } else {
        reversed.push(low);
    }
}
