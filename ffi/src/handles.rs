//! Objects that another language holds by number.
//!
//! A number is never given out twice, so that one which was closed, or made up, is told apart from
//! every open one. A call takes a share of the object: closing it while a call runs lets the call
//! end first.

use std::collections::HashMap;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use crate::error::{Failure, Result};

/// The next number, of all tables.
static NEXT: AtomicI64 = AtomicI64::new(1);

/// Objects of one kind by number.
#[derive(Debug)]
pub struct Table<T> {
    what: &'static str,
    objects: RwLock<Option<HashMap<i64, Arc<T>>>>,
}

impl<T> Table<T> {
    /// No objects; `what` names them in errors.
    pub const fn new(what: &'static str) -> Self {
        Self {
            what,
            objects: RwLock::new(None),
        }
    }

    /// A number that no object has had; for one that needs it before it is there
    /// ([`put`](Self::put)).
    pub fn number() -> i64 {
        NEXT.fetch_add(1, Ordering::Relaxed)
    }

    /// Holds `object` and gives its number.
    pub fn open(&self, object: T) -> i64 {
        let number = Self::number();
        self.put(number, object);
        number
    }

    /// Holds `object` under a `number` of [`number`](Self::number).
    pub fn put(&self, number: i64, object: T) {
        let mut objects = self.objects.write().unwrap_or_else(PoisonError::into_inner);
        objects
            .get_or_insert_default()
            .insert(number, Arc::new(object));
    }

    /// The object of a number.
    ///
    /// # Errors
    /// [`Kind::Closed`](crate::error::Kind::Closed) where there is none.
    pub fn get(&self, number: i64) -> Result<Arc<T>> {
        let objects = self.objects.read().unwrap_or_else(PoisonError::into_inner);
        let object = objects.as_ref().and_then(|objects| objects.get(&number));
        object.cloned().ok_or_else(|| Failure::closed(self.what))
    }

    /// Lets go of an object; nothing happens where there is none.
    pub fn close(&self, number: i64) {
        let mut objects = self.objects.write().unwrap_or_else(PoisonError::into_inner);
        let object = objects.as_mut().and_then(|objects| objects.remove(&number));
        // Whatever it frees is not freed under the lock.
        drop(objects);
        drop(object);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Kind;

    #[test]
    fn numbers_are_never_used_again() {
        static TABLE: Table<String> = Table::new("the text");
        let first = TABLE.open("a".to_owned());
        let held = TABLE.get(first).unwrap();
        TABLE.close(first);
        TABLE.close(first);
        let second = TABLE.open("b".to_owned());
        assert_ne!(first, second);
        assert_eq!(*held, "a");
        assert_eq!(*TABLE.get(second).unwrap(), "b");
        for wrong in [first, 0, -1, i64::MIN, i64::MAX, 1 << 40] {
            assert_eq!(TABLE.get(wrong).unwrap_err().kind, Kind::Closed);
        }
    }
}
