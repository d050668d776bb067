//! From pixels to files with nothing in them but pixels.

use std::fs::File;
use std::io::{BufWriter, Write};

use image::codecs::png::{CompressionType, FilterType, PngEncoder};
use image::codecs::webp::WebPEncoder;
use image::{ExtendedColorType, ImageEncoder};
use jpeg_encoder::{ColorType, Encoder};

use super::pixels::{Layout, Pixels};
use super::survey::Kind;
use crate::base::{Error, Result};
use crate::files::Format;
use crate::files::failure;

/// The quality of photographs in full size.
const QUALITY: u8 = 90;

/// Writes the picture in full size: what was a photograph stays one, everything else keeps every pixel as it is.
pub(super) fn original(pixels: &Pixels, kind: Kind, file: &mut File) -> Result<Format> {
    let mut writer = BufWriter::with_capacity(64 * 1024, file);
    let format = match kind {
        Kind::Jpeg => {
            jpeg(pixels, QUALITY, &mut writer)?;
            Format::Jpeg
        }
        Kind::Png | Kind::Gif | Kind::WebP => {
            png(pixels, &mut writer)?;
            Format::Png
        }
    };
    writer.flush().map_err(|error| failure::of_io(&error))?;
    Ok(format)
}

/// Pixels that nothing shines through, as JPEG.
pub(super) fn jpeg(pixels: &Pixels, quality: u8, writer: impl Write) -> Result<()> {
    let colour = match pixels.layout {
        Layout::Grey => ColorType::Luma,
        Layout::Rgb => ColorType::Rgb,
        Layout::Rgba => ColorType::Rgba,
    };
    let side = |side: u32| u16::try_from(side).map_err(|_| Error::internal("a side too long for JPEG"));
    let encoded =
        Encoder::new(writer, quality).encode(&pixels.data, side(pixels.width)?, side(pixels.height)?, colour);
    encoded.map_err(|error| match error {
        jpeg_encoder::EncodingError::IoError(error) => failure::of_io(&error),
        other => Error::internal(other),
    })
}

/// Every pixel as it is, as PNG.
pub(super) fn png(pixels: &Pixels, writer: impl Write) -> Result<()> {
    let encoder = PngEncoder::new_with_quality(writer, CompressionType::Fast, FilterType::Adaptive);
    write(encoder, pixels)
}

/// Every pixel as it is, as WebP.
pub(super) fn webp(pixels: &Pixels, writer: impl Write) -> Result<()> {
    write(WebPEncoder::new_lossless(writer), pixels)
}

fn write(encoder: impl ImageEncoder, pixels: &Pixels) -> Result<()> {
    let colour = match pixels.layout {
        Layout::Grey => ExtendedColorType::L8,
        Layout::Rgb => ExtendedColorType::Rgb8,
        Layout::Rgba => ExtendedColorType::Rgba8,
    };
    encoder.write_image(&pixels.data, pixels.width, pixels.height, colour).map_err(|error| match error {
        image::ImageError::IoError(error) => failure::of_io(&error),
        other => Error::internal(other),
    })
}
