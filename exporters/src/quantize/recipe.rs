//! How a graph is quantized to 8 bits.

use serde::Serialize;

/// Type of quantized activations.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ActivationType {
    /// 0 to 255: what x86 multiplies with signed weights.
    U8,
    /// -128 to 127: what ARM multiplies with signed weights.
    S8,
}

impl ActivationType {
    /// Smallest and largest integer.
    pub fn bounds(self) -> (i32, i32) {
        match self {
            Self::U8 => (0, 255),
            Self::S8 => (-128, 127),
        }
    }
}

/// Source of the ranges of activations.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Scheme {
    /// From calibration swipes, fixed in the graph: QuantizeLinear and DequantizeLinear around each
    /// layer.
    Static(ActivationType),
    /// From each swipe itself: DynamicQuantizeLinear with MatMulInteger or ConvInteger. Activations
    /// are 0 to 255.
    Dynamic,
}

/// How a graph is quantized to 8 bits. Weights are always symmetric and per channel. They are
/// signed, except those of ConvInteger.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Recipe {
    /// Name, for reports and the command line.
    pub name: &'static str,
    /// Source of the ranges of activations.
    pub scheme: Scheme,
    /// Largest magnitude of a weight: 127, or 63 if the processor adds two products in 16 bits,
    /// which would overflow with 8-bit weights (x86 without VNNI, WebAssembly's relaxed dot
    /// product).
    pub weight_limit: i8,
}

/// Static ranges, unsigned activations: x86 with VNNI.
pub const STATIC_U8S8: Recipe = Recipe::new("static-u8s8", Scheme::Static(ActivationType::U8), 127);
/// Dynamic ranges: x86 with VNNI, ARM.
pub const DYNAMIC_U8S8: Recipe = Recipe::new("dynamic-u8s8", Scheme::Dynamic, 127);
/// Static ranges, 7-bit weights: any x86, WebAssembly.
pub const STATIC_U8S7: Recipe = Recipe::new("static-u8s7", Scheme::Static(ActivationType::U8), 63);
/// Dynamic ranges, 7-bit weights: any x86, WebAssembly.
pub const DYNAMIC_U8S7: Recipe = Recipe::new("dynamic-u8s7", Scheme::Dynamic, 63);
/// Static ranges, signed activations: ARM.
pub const STATIC_S8S8: Recipe = Recipe::new("static-s8s8", Scheme::Static(ActivationType::S8), 127);

/// All recipes.
pub const RECIPES: [Recipe; 5] = [
    STATIC_U8S8,
    DYNAMIC_U8S8,
    STATIC_U8S7,
    DYNAMIC_U8S7,
    STATIC_S8S8,
];

impl Recipe {
    const fn new(name: &'static str, scheme: Scheme, weight_limit: i8) -> Self {
        Self {
            name,
            scheme,
            weight_limit,
        }
    }

    /// The recipe with this name.
    pub fn named(name: &str) -> Option<Self> {
        RECIPES.into_iter().find(|recipe| recipe.name == name)
    }

    /// Whether the ranges of activations come from calibration swipes.
    pub fn is_static(&self) -> bool {
        matches!(self.scheme, Scheme::Static(_))
    }
}
