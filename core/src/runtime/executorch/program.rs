//! A loaded program: all values that a method points to, at fixed addresses, dropped in order.

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

/// Alignment that ExecuTorch requires of a program and its buffers.
const ALIGNMENT: usize = 16;

/// Option of the XNNPACK backend; 0 turns sharing off.
const WORKSPACE_SHARING: &str = "workspace_sharing_mode";

/// Part of a buffer, with ExecuTorch's alignment.
#[derive(Clone, Copy)]
#[repr(C, align(16))]
struct Chunk([u8; ALIGNMENT]);

/// A value at its own fixed address, to which references without a lifetime may point.
///
/// A `Box` would not serve: moving one asserts that nothing else points into it.
struct Fixed<T>(NonNull<T>);

impl<T> Fixed<T> {
    fn new(value: T) -> Self {
        Self(NonNull::from(Box::leak(Box::new(value))))
    }

    /// # Safety
    /// The reference must not be used after `self` is dropped, nor together with one of
    /// [`Fixed::get_mut`].
    unsafe fn get(&self) -> &'static T {
        // SAFETY: the value exists until `self` is dropped; the caller ensures the rest.
        unsafe { self.0.as_ref() }
    }

    /// # Safety
    /// The reference must not be used after `self` is dropped, nor together with another one.
    #[allow(clippy::mut_from_ref)]
    unsafe fn get_mut(&self) -> &'static mut T {
        // SAFETY: as above; the caller ensures that there is no other reference.
        unsafe { &mut *self.0.as_ptr() }
    }
}

impl<T> Drop for Fixed<T> {
    fn drop(&mut self) {
        // SAFETY: the pointer came from `Box::leak` in `new` and is freed once.
        drop(unsafe { Box::from_raw(self.0.as_ptr()) });
    }
}

/// The loaded method `forward` of a program. Fields are dropped in their order here: first the
/// method, then the values that it points to, the file last.
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

// SAFETY: a method is bound to no thread (ExecuTorch's `Module`, which holds the same, also moves
// between threads), and all values that it points to move with it. It is not `Sync`: only one
// thread may use it at a time.
unsafe impl Send for Loaded {}

impl fmt::Debug for Loaded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Loaded").finish_non_exhaustive()
    }
}

impl Loaded {
    /// Loads the method `forward` of the program in `bytes`, which must be exactly the exported
    /// bytes: ExecuTorch detects only some damage, and other damage ends the process.
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
        // SAFETY: here and below, references point to values that `Self` holds at fixed addresses.
        // Only fields declared before a value use it, and they are dropped before it. On an early
        // return, locals are dropped in reverse order of creation, which is the same order.
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
            // One chunk of padding: XNNPACK's vectors may read past the end of a tensor.
            chunks.push(vec![Chunk([0; ALIGNMENT]); size.div_ceil(ALIGNMENT) + 1]);
        }
        let allocators = [(); 2].map(|()| Fixed::new(MallocMemoryAllocator::new()));
        let buffers = Fixed::new(chunks);
        // SAFETY: see above; nothing else refers to the buffers.
        let chunks: &'static mut Vec<Vec<Chunk>> = unsafe { buffers.get_mut() };
        let spans = chunks.iter_mut().zip(sizes).map(|(chunks, size)| {
            // SAFETY: the chunks have at least `size` bytes, all initialized, and hold nothing but
            // bytes.
            let bytes =
                unsafe { std::slice::from_raw_parts_mut(chunks.as_mut_ptr().cast::<u8>(), size) };
            Span::from_slice(bytes)
        });
        let spans = Fixed::new(spans.collect::<Vec<Span<'static, u8>>>());
        // SAFETY: see above; nothing else refers to the spans or to the allocator of planned
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
        // The model gets its own workspace. XNNPACK's default one is shared by all models of the
        // process, which would then take turns.
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

    /// The program, which describes its inputs and outputs.
    pub(super) fn program(&self) -> &Program<'_> {
        // SAFETY: the reference lives as long as the borrow of `self`.
        unsafe { self.program.get() }
    }
}
