//! Keyboards.

use jni::objects::{JByteArray, JClass, JFloatArray, JObjectArray, JString};
use jni::sys::jfloat;
use jni::{Env, NativeMethod};
use swipekit::layout::{Layout, LetterArea};

use super::packed::Packed;
use super::thrown::{Throw, Thrown};
use super::{arguments, bytes, native};
use crate::error::Failure;

pub(super) const METHODS: &[NativeMethod] = &[
    native!(named, named_layout(name: JString, left: jfloat, top: jfloat, width: jfloat, height: jfloat) -> [jbyte]),
    native!(area, layout_area(labels: [JString], rectangles: [jfloat]) -> [jfloat]),
];

fn named<'l>(
    env: &mut Env<'l>,
    _: JClass<'l>,
    name: JString<'l>,
    left: jfloat,
    top: jfloat,
    width: jfloat,
    height: jfloat,
) -> Result<JByteArray<'l>, Thrown> {
    let name = arguments::text(env, "the name of the layout", &name)?;
    let layout = match name.as_str() {
        "qwerty" => Layout::qwerty(),
        "qwertz" => Layout::qwertz(),
        "azerty" => Layout::azerty(),
        "dvorak" => Layout::dvorak(),
        _ => {
            let known = "qwerty, qwertz, azerty or dvorak";
            return Err(Failure::argument("the name of the layout", known, "another").into());
        }
    };
    let layout = layout.placed(LetterArea::new(left, top, width, height)?)?;
    let mut packed = Packed::default();
    packed.count(layout.keys.len());
    for key in &layout.keys {
        packed.text(key.label.encode_utf8(&mut [0; 4]));
        for number in [key.x, key.y, key.width, key.height] {
            packed.float(number);
        }
    }
    bytes(env, &packed)
}

fn area<'l>(
    env: &mut Env<'l>,
    _: JClass<'l>,
    labels: JObjectArray<'l, JString<'l>>,
    rectangles: JFloatArray<'l>,
) -> Result<JFloatArray<'l>, Thrown> {
    let layout = arguments::layout(env, String::new(), &labels, &rectangles)?;
    let area = layout.letter_area()?;
    let [left, top] = area.point([0.0, 0.0]);
    let [right, bottom] = area.point([1.0, 1.0]);
    let numbers = [left, top, right - left, bottom - top].map(|number| number as f32);
    let array = JFloatArray::new(env, numbers.len())?;
    array.set_region(env, 0, &numbers)?;
    Ok(array)
}
