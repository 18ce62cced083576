//! A loaded program: everything that a method points to, at fixed addresses and dropped in order.

use std::fmt;
use std::ptr::NonNull;

use executorch::backend_options::{BackendOption, LoadBackendOptionsMap};
use executorch::data_loader::BufferDataLoader;
use executorch::memory::{HierarchicalAllocator, MallocMemoryAllocator, MemoryManager};
use executorch::program::{Method, Program, ProgramVerification};
use executorch::util::Span;

use super::log::{self, failed};
use crate::bytes::Bytes;
use crate::error::{Error, Result};

/// What ExecuTorch wants a program and its buffers to be aligned to.
const ALIGNMENT: usize = 16;

/// Option of the XNNPACK backend; 0 is for none.
const WORKSPACE_SHARING: &str = "workspace_sharing_mode";

/// A part of a buffer, aligned as ExecuTorch wants it.
#[derive(Clone, Copy)]
#[repr(C, align(16))]
struct Chunk([u8; ALIGNMENT]);

/// A value at an address of its own, which references without a lifetime may point to.
///
/// A `Box` would not do: to move one claims that nothing else points into it.
struct Fixed<T>(NonNull<T>);

impl<T> Fixed<T> {
    fn new(value: T) -> Self {
        Self(NonNull::from(Box::leak(Box::new(value))))
    }

    /// # Safety
    /// The reference must not be used any more when `self` is dropped, nor beside one of
    /// [`Fixed::get_mut`].
    unsafe fn get(&self) -> &'static T {
        // SAFETY: the value is there until `self` is dropped; the caller sees to the rest.
        unsafe { self.0.as_ref() }
    }

    /// # Safety
    /// The reference must not be used any more when `self` is dropped, nor beside another one.
    #[allow(clippy::mut_from_ref)]
    unsafe fn get_mut(&self) -> &'static mut T {
        // SAFETY: as above; the caller sees to it that there is no other reference.
        unsafe { &mut *self.0.as_ptr() }
    }
}

impl<T> Drop for Fixed<T> {
    fn drop(&mut self) {
        // SAFETY: the pointer came from `Box::leak` in `new` and is given back once.
        drop(unsafe { Box::from_raw(self.0.as_ptr()) });
    }
}

/// The method `forward` of a program, loaded. Fields are dropped in the order they stand in: the
/// method first, then what it points to, the file last.
pub(super) struct Loaded {
    pub(super) method: Method<'static>,
    _manager: Fixed<MemoryManager<'static>>,
    _planned: Fixed<HierarchicalAllocator<'static>>,
    _spans: Fixed<Vec<Span<'static, u8>>>,
    _buffers: Fixed<Vec<Vec<Chunk>>>,
    _allocators: [Fixed<MallocMemoryAllocator>; 2],
    _options: Fixed<LoadBackendOptionsMap<'static>>,
    _settings: Fixed<Vec<BackendOption>>,
    program: Fixed<Program<'static>>,
    _loader: Fixed<BufferDataLoader<'static>>,
    _bytes: Bytes,
}

// SAFETY: a method is tied to no thread (ExecuTorch's `Module`, which holds the same, is moved
// between threads as well), and everything that it points to moves with it. It is not `Sync`: one
// thread at a time.
unsafe impl Send for Loaded {}

impl fmt::Debug for Loaded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Loaded").finish_non_exhaustive()
    }
}

impl Loaded {
    /// Loads the method `forward` of the program in `bytes`, which must be those that were
    /// exported: ExecuTorch finds only some damage, and other damage ends the process.
    pub(super) fn new(bytes: Bytes) -> Result<Self> {
        #[cfg(not(target_os = "android"))]
        super::link::keep();
        log::take();
        if !bytes.is_empty() && !bytes.as_ptr().addr().is_multiple_of(ALIGNMENT) {
            return Err(Error::invalid(
                "the address of a program",
                format!("a multiple of {ALIGNMENT}"),
                "another one",
            ));
        }
        // SAFETY: here and below, references are taken to values that `Self` holds at fixed
        // addresses; each of them is used by fields that stand before, and so are dropped before,
        // the value. Where this function returns early, locals are dropped in the opposite order of
        // their making, which is the same.
        let data: &'static [u8] =
            unsafe { std::slice::from_raw_parts(bytes.as_ptr(), bytes.len()) };
        let loader = Fixed::new(BufferDataLoader::new(data));
        let loaded = Program::load(
            // SAFETY: see above.
            unsafe { loader.get() },
            Some(ProgramVerification::InternalConsistency),
        );
        let program = Fixed::new(loaded.map_err(failed("read the program"))?);
        // SAFETY: see above.
        let held: &'static Program<'static> = unsafe { program.get() };
        let meta = held
            .method_meta(c"forward")
            .map_err(failed("find the method `forward`"))?;
        let mut chunks = Vec::new();
        let mut sizes = Vec::new();
        for index in 0..meta.num_memory_planned_buffers() {
            let size = meta
                .memory_planned_buffer_size(index)
                .map_err(failed("plan the memory"))?;
            sizes.push(size);
            // One more than needed: vectors of XNNPACK may reach past the end of a tensor.
            chunks.push(vec![Chunk([0; ALIGNMENT]); size.div_ceil(ALIGNMENT) + 1]);
        }
        let allocators = [(); 2].map(|()| Fixed::new(MallocMemoryAllocator::new()));
        let buffers = Fixed::new(chunks);
        // SAFETY: see above; nothing else refers to the buffers.
        let chunks: &'static mut Vec<Vec<Chunk>> = unsafe { buffers.get_mut() };
        let spans = chunks.iter_mut().zip(sizes).map(|(chunks, size)| {
            // SAFETY: the chunks are that many bytes and more, all initialized, and of no other
            // type than bytes.
            let bytes =
                unsafe { std::slice::from_raw_parts_mut(chunks.as_mut_ptr().cast::<u8>(), size) };
            Span::from_slice(bytes)
        });
        let spans = Fixed::new(spans.collect::<Vec<Span<'static, u8>>>());
        // SAFETY: see above; nothing else refers to the spans, nor to the allocator of planned
        // memory.
        let planned = Fixed::new(HierarchicalAllocator::new(unsafe { spans.get_mut() }));
        // SAFETY: see above.
        let manager = Fixed::new(unsafe {
            MemoryManager::new(
                allocators[0].get(),
                Some(planned.get_mut()),
                Some(allocators[1].get()),
            )
        });
        // A workspace of its own: XNNPACK's usual one is shared by all models of the process, which
        // then take turns.
        let own = BackendOption::new_int(WORKSPACE_SHARING, 0).map_err(failed("set up XNNPACK"))?;
        let settings = Fixed::new(vec![own]);
        let mut map = LoadBackendOptionsMap::new();
        // SAFETY: see above.
        map.set_options("XnnpackBackend", unsafe { settings.get() })
            .map_err(failed("set up XNNPACK"))?;
        let options = Fixed::new(map);
        let method = held
            .load_method(
                c"forward",
                // SAFETY: see above.
                unsafe { manager.get() },
                None,
                None,
                // SAFETY: see above.
                Some(unsafe { options.get() }),
            )
            .map_err(failed("load the program"))?;
        Ok(Self {
            method,
            _manager: manager,
            _planned: planned,
            _spans: spans,
            _buffers: buffers,
            _allocators: allocators,
            _options: options,
            _settings: settings,
            program,
            _loader: loader,
            _bytes: bytes,
        })
    }

    /// The program, for what it says of its inputs and outputs.
    pub(super) fn program(&self) -> &Program<'_> {
        // SAFETY: the reference lives as long as the borrow of `self`.
        unsafe { self.program.get() }
    }
}
