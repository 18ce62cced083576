//! Prefixes that the prediction network has already run for, shared by all sessions of an engine.
//!
//! They are computed when an engine opens or when a bundle is exported. Those in a bundle are read
//! from the mapped file and cost neither time nor memory of their own. A row depends on the network
//! only; the words only decide which prefixes get a row.

use std::collections::HashMap;
use std::path::Path;

use safetensors::tensor::{Dtype, SafeTensors, TensorView};

use super::rows::Widths;
use crate::bytes::Bytes;
use crate::error::{Error, Result};
use crate::transducer::{JointScratch, PredictionJoint, PredictionScratch};

/// Most prefixes of a table.
pub const MAX_PREFIXES: usize = 1 << 20;

/// Keys of the file's metadata: hashes of the files that the table belongs to.
const MODEL: &str = "transducer_sha256";
const LEXICON: &str = "lexicon_sha256";

/// A trie of prefixes, each with its row. Row 0 is the empty prefix. The children of a row are
/// consecutive, ordered by label, and come after it.
#[derive(Debug)]
pub struct PrefixTable {
    /// The last label of each prefix.
    labels: Vec<u8>,
    /// The children of row r are the rows `children[r]..children[r + 1]`.
    children: Vec<u32>,
    rows: Numbers,
    widths: Widths,
}

#[derive(Debug)]
enum Numbers {
    Memory(Vec<f32>),
    /// Verified to be aligned.
    Mapped(Bytes),
}

impl Numbers {
    fn get(&self) -> &[f32] {
        match self {
            Self::Memory(numbers) => numbers,
            Self::Mapped(bytes) => bytemuck::cast_slice(bytes),
        }
    }
}

impl PrefixTable {
    /// The table of prefixes given in the order of [`PrefixTable`].
    pub(super) fn of_rows(
        labels: Vec<u8>,
        children: Vec<u32>,
        rows: Vec<f32>,
        widths: Widths,
    ) -> Self {
        Self {
            labels,
            children,
            rows: Numbers::Memory(rows),
            widths,
        }
    }

    /// The table with the empty prefix only.
    pub(super) fn root(transducer: &PredictionJoint) -> Result<Self> {
        let (prediction, joint) = (&transducer.prediction, &transducer.joint);
        let mut row = vec![0.0; prediction.state_width()];
        let (mut projected, mut internal_lm) = (Vec::new(), Vec::new());
        prediction.step(
            &[prediction.start_of_sequence()],
            &mut row,
            &mut projected,
            &mut PredictionScratch::default(),
        )?;
        let scratch = &mut JointScratch::default();
        joint.internal_lm(std::iter::once(&*projected), &mut internal_lm, scratch);
        row.extend(projected);
        row.extend(internal_lm);
        Ok(Self {
            labels: vec![0],
            children: vec![1, 1],
            rows: Numbers::Memory(row),
            widths: Widths::of(transducer),
        })
    }

    /// Number of prefixes, including the empty one.
    pub fn len(&self) -> usize {
        self.labels.len()
    }

    /// Always false: the table has the empty prefix.
    pub fn is_empty(&self) -> bool {
        self.labels.is_empty()
    }

    /// Bytes of memory, without those of a mapped file.
    pub fn bytes(&self) -> usize {
        let rows = match &self.rows {
            Numbers::Memory(rows) => size_of::<f32>() * rows.capacity(),
            Numbers::Mapped(_) => 0,
        };
        rows + self.labels.capacity() + size_of::<u32>() * self.children.capacity()
    }

    /// The row of prefix `index`.
    pub(super) fn row(&self, index: u32) -> &[f32] {
        let width = self.widths.row();
        &self.rows.get()[index as usize * width..][..width]
    }

    pub(super) fn widths(&self) -> Widths {
        self.widths
    }

    /// The prefix `index` extended by `label`.
    pub(super) fn child(&self, index: u32, label: u8) -> Option<u32> {
        let start = self.children[index as usize];
        let end = self.children[index as usize + 1];
        let labels = &self.labels[start as usize..end as usize];
        let index = labels.binary_search(&label).ok()?;
        Some(start + index as u32)
    }

    /// The table as a file of a bundle, given the SHA-256 of the bundle's `transducer.safetensors`
    /// and lexicon.
    ///
    /// Tensors: `rows` F32 `[N, 2 L H + J + V + 1]` (state, the joint's projection, internal
    /// language model), `children` U32 `[N + 1]`, `labels` U8 `[N]`.
    ///
    /// # Errors
    /// None with a valid table.
    pub fn to_bytes(
        &self,
        transducer_sha256: &str,
        lexicon_sha256: Option<&str>,
    ) -> Result<Vec<u8>> {
        let rows: Vec<u8> = self
            .rows
            .get()
            .iter()
            .flat_map(|v| v.to_le_bytes())
            .collect();
        let children: Vec<u8> = self.children.iter().flat_map(|v| v.to_le_bytes()).collect();
        let n = self.len();
        let failed = |error| Error::damaged("the prefixes", "tensors", "whole tensors", error);
        let tensors = [
            ("rows", Dtype::F32, vec![n, self.widths.row()], &rows),
            ("children", Dtype::U32, vec![n + 1], &children),
            ("labels", Dtype::U8, vec![n], &self.labels),
        ];
        let mut views = Vec::new();
        for (name, dtype, shape, bytes) in tensors {
            views.push((name, TensorView::new(dtype, shape, bytes).map_err(failed)?));
        }
        let mut metadata = HashMap::from([(MODEL.to_owned(), transducer_sha256.to_owned())]);
        if let Some(sha256) = lexicon_sha256 {
            metadata.insert(LEXICON.to_owned(), sha256.to_owned());
        }
        safetensors::serialize(views, Some(metadata)).map_err(failed)
    }

    /// Reads a table of `transducer` from a bundle; `path` is for errors. Aligned little-endian
    /// numbers are not copied.
    ///
    /// # Errors
    /// [`Error::Damaged`] where the file is not such a table, has other SHA-256 than those given,
    /// or is no trie; [`Error::Shape`] and [`Error::NotFinite`] for rows that do not fit the
    /// network.
    pub fn from_bytes(
        bytes: &Bytes,
        transducer: &PredictionJoint,
        transducer_sha256: &str,
        lexicon_sha256: Option<&str>,
        path: &Path,
    ) -> Result<Self> {
        let damaged = |what, expected: &str, got: &dyn std::fmt::Display| {
            Error::damaged(path, what, expected, got)
        };
        let header = |error| damaged("the header", "a safetensors header", &error);
        let (_, metadata) = SafeTensors::read_metadata(bytes).map_err(header)?;
        let named = metadata.metadata().clone().unwrap_or_default();
        let hashes = [(MODEL, Some(transducer_sha256)), (LEXICON, lexicon_sha256)];
        for (key, expected) in hashes {
            if named.get(key).map(String::as_str) != expected {
                return Err(damaged(
                    key,
                    "the hash of the bundle's own file",
                    &"that of another",
                ));
            }
        }
        let file = SafeTensors::deserialize(bytes).map_err(header)?;
        let tensor = |name: &'static str, dtype| {
            let tensor = file
                .tensor(name)
                .map_err(|_| damaged("the list of tensors", name, &"no such tensor"))?;
            if tensor.dtype() != dtype {
                return Err(damaged(
                    "the type of a tensor",
                    name,
                    &format!("{:?}", tensor.dtype()),
                ));
            }
            Ok(tensor)
        };
        let labels = tensor("labels", Dtype::U8)?.data().to_vec();
        let (children, _) = tensor("children", Dtype::U32)?.data().as_chunks::<4>();
        let children: Vec<u32> = children.iter().map(|b| u32::from_le_bytes(*b)).collect();
        let widths = Widths::of(transducer);
        let rows = tensor("rows", Dtype::F32)?;
        let shape = [labels.len(), widths.row()];
        if rows.shape() != shape {
            return Err(Error::Shape {
                what: "the rows of the prefixes".to_owned(),
                expected: shape.to_vec(),
                got: rows.shape().to_vec(),
            });
        }
        let data = rows.data();
        let is_aligned =
            cfg!(target_endian = "little") && bytemuck::try_cast_slice::<u8, f32>(data).is_ok();
        let rows = if is_aligned {
            let start = data.as_ptr() as usize - bytes.as_ptr() as usize;
            let rows = bytes.slice(start..start + data.len());
            Numbers::Mapped(rows.ok_or_else(|| damaged("the rows", "in the file", &"outside"))?)
        } else {
            let (numbers, _) = data.as_chunks::<4>();
            Numbers::Memory(numbers.iter().map(|b| f32::from_le_bytes(*b)).collect())
        };
        let table = Self {
            labels,
            children,
            rows,
            widths,
        };
        if !table.is_trie(transducer.joint.blank()) {
            return Err(damaged(
                "the prefixes",
                "a trie, row by row",
                &"something else",
            ));
        }
        if !table.rows.get().iter().all(|number| number.is_finite()) {
            return Err(Error::NotFinite {
                what: "a row of the prefixes",
            });
        }
        Ok(table)
    }

    /// Whether every row but the first is a child of an earlier one, siblings have different labels
    /// in ascending order, and all labels are below `blank`.
    fn is_trie(&self, blank: usize) -> bool {
        let count = self.labels.len();
        (1..=MAX_PREFIXES).contains(&count)
            && self.children.len() == count + 1
            && self.children[0] == 1
            && self.children[count] as usize == count
            && self.children.windows(2).zip(0..).all(|(pair, row)| {
                let (start, end) = (pair[0] as usize, pair[1] as usize);
                start > row
                    && start <= end
                    && end <= count
                    && self.labels[start..end]
                        .windows(2)
                        .all(|pair| pair[0] < pair[1])
            })
            && self.labels[1..]
                .iter()
                .all(|label| usize::from(*label) < blank)
    }
}
