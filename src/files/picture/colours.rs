//! Colour profiles: pixels become sRGB, which every viewer assumes of a picture without a profile.

use moxcms::{ColorProfile, DataColorSpace, TransformOptions};

use super::pixels::{Layout, Pixels};

/// Converts the pixels. A profile that cannot be read or is for another kind of pixels changes nothing, as if it were not
/// there: grey has no hue to lose, and what was printing ink has been turned into RGB by the decoder.
pub(super) fn to_srgb(pixels: &mut Pixels, profile: &[u8]) {
    let layout = match pixels.layout {
        Layout::Grey => return,
        Layout::Rgb => moxcms::Layout::Rgb,
        Layout::Rgba => moxcms::Layout::Rgba,
    };
    let Ok(profile) = ColorProfile::new_from_slice(profile) else { return };
    if profile.color_space != DataColorSpace::Rgb {
        return;
    }
    let srgb = ColorProfile::new_srgb();
    let Ok(transform) = profile.create_transform_8bit(layout, &srgb, layout, TransformOptions::default())
    else {
        return;
    };
    let row_length = pixels.width as usize * pixels.layout.channels();
    let mut before = vec![0; row_length];
    for row in pixels.data.chunks_exact_mut(row_length) {
        before.copy_from_slice(row);
        if transform.transform(&before, row).is_err() {
            row.copy_from_slice(&before);
        }
    }
}
