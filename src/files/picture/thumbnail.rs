//! The small picture of lists.

use fast_image_resize::images::{Image, ImageRef};
use fast_image_resize::{FilterType, PixelType, ResizeAlg, ResizeOptions, Resizer};

use super::encode;
use super::pixels::{Layout, Pixels};
use crate::base::{Error, Result};
use crate::files::Format;

/// Both its sides are at most this long, in pixels.
const SIDE: u32 = 150;
/// What it is encoded with; what stands behind the first is for sources of very few bytes.
const QUALITIES: [u8; 3] = [80, 50, 20];

/// A small picture, encoded.
pub(super) struct Thumbnail {
    pub(super) bytes: Vec<u8>,
    pub(super) format: Format,
}

/// Makes it, never larger than the picture, and of fewer bytes than the source has: only a source of a few dozen bytes,
/// such as a picture of one pixel, can be shorter than every encoding of it.
pub(super) fn make(pixels: &Pixels, source_bytes: u64) -> Result<Thumbnail> {
    let small = shrink(pixels)?;
    let mut best: Option<Thumbnail> = None;
    for attempt in attempts(small.layout) {
        let mut bytes = Vec::new();
        let format = match attempt {
            Attempt::Jpeg(quality) => encode::jpeg(&small, quality, &mut bytes).map(|()| Format::Jpeg)?,
            Attempt::WebP => encode::webp(&small, &mut bytes).map(|()| Format::WebP)?,
            Attempt::Png => encode::png(&small, &mut bytes).map(|()| Format::Png)?,
        };
        let fits = (bytes.len() as u64) < source_bytes;
        if best.as_ref().is_none_or(|best| bytes.len() < best.bytes.len()) {
            best = Some(Thumbnail { bytes, format });
        }
        if fits {
            break;
        }
    }
    best.ok_or_else(|| Error::internal("no encoding was tried"))
}

enum Attempt {
    Jpeg(u8),
    WebP,
    Png,
}

fn attempts(layout: Layout) -> Vec<Attempt> {
    let lossless = [Attempt::WebP, Attempt::Png];
    match layout {
        Layout::Rgba => lossless.into(),
        Layout::Grey | Layout::Rgb => QUALITIES.into_iter().map(Attempt::Jpeg).chain(lossless).collect(),
    }
}

fn shrink(pixels: &Pixels) -> Result<Pixels> {
    let (width, height) = fit(pixels.width, pixels.height);
    let kind = match pixels.layout {
        Layout::Grey => PixelType::U8,
        Layout::Rgb => PixelType::U8x3,
        Layout::Rgba => PixelType::U8x4,
    };
    let source = ImageRef::new(pixels.width, pixels.height, &pixels.data, kind).map_err(Error::internal)?;
    let mut small = Image::new(width, height, kind);
    let options = ResizeOptions::new().resize_alg(ResizeAlg::Convolution(FilterType::CatmullRom));
    Resizer::new().resize(&source, &mut small, &options).map_err(Error::internal)?;
    Ok(Pixels { width, height, layout: pixels.layout, data: small.into_vec() })
}

/// The size of the same proportions within the square; at least one pixel each way.
fn fit(width: u32, height: u32) -> (u32, u32) {
    let longer = width.max(height);
    if longer <= SIDE {
        return (width, height);
    }
    let scaled = |side: u32| {
        let (side, longer) = (u64::from(side), u64::from(longer));
        let rounded = (side * u64::from(SIDE) + longer / 2) / longer;
        u32::try_from(rounded).unwrap_or(SIDE).max(1)
    };
    (scaled(width), scaled(height))
}
