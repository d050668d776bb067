//! From a file to upright pixels in sRGB.

use std::io::{BufReader, Read, Seek};

use image::codecs::gif::GifDecoder;
use image::codecs::jpeg::JpegDecoder;
use image::codecs::png::PngDecoder;
use image::codecs::webp::WebPDecoder;
use image::metadata::Orientation;
use image::{ColorType, ImageDecoder, ImageError, ImageResult, Limits};

use super::pixels::{Layout, Pixels};
use super::survey::{Header, Kind};
use super::{colours, undecodable};
use crate::base::Result;

/// What a decoder may take for profiles and the like besides the pixels.
const ROOM_FOR_METADATA: u64 = 4 * 1024 * 1024;

/// Decodes the first frame.
pub(super) fn decode(mut source: impl Read + Seek, header: &Header) -> Result<Pixels> {
    source.rewind().map_err(|error| super::super::failure::of_io(&error))?;
    let source = BufReader::new(source);
    let mut limits = Limits::no_limits();
    limits.max_alloc = Some(header.memory + ROOM_FOR_METADATA);
    match header.kind {
        Kind::Jpeg => finish(JpegDecoder::new(source).map_err(undecodable)?, header, limits),
        Kind::Png => {
            finish(PngDecoder::with_limits(source, limits.clone()).map_err(undecodable)?, header, limits)
        }
        Kind::Gif => finish(GifDecoder::new(source).map_err(undecodable)?, header, limits),
        Kind::WebP => finish(WebPDecoder::new(source).map_err(undecodable)?, header, limits),
    }
}

fn finish(mut decoder: impl ImageDecoder, header: &Header, limits: Limits) -> Result<Pixels> {
    let (width, height) = decoder.dimensions();
    if (width, height) != (header.width, header.height) {
        return Err(undecodable("the decoder sees another size than the header says"));
    }
    decoder.set_limits(limits).map_err(undecodable)?;
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    // A picture with a profile that cannot be read is shown as if it had none.
    let profile = decoder.icc_profile().unwrap_or_default();
    let (layout, data) = read(decoder).map_err(undecodable)?;
    let mut pixels = Pixels { width, height, layout, data };
    if let Some(profile) = profile {
        colours::to_srgb(&mut pixels, &profile);
    }
    Ok(pixels.without_idle_alpha().upright(orientation))
}

fn read(decoder: impl ImageDecoder) -> ImageResult<(Layout, Vec<u8>)> {
    let colour = decoder.color_type();
    let size = usize::try_from(decoder.total_bytes()).map_err(|_| too_large())?;
    let mut data = vec![0; size];
    decoder.read_image(&mut data)?;
    if matches!(colour, ColorType::L16 | ColorType::La16 | ColorType::Rgb16 | ColorType::Rgba16) {
        keep_high_bytes(&mut data);
    }
    Ok(match colour {
        ColorType::L8 | ColorType::L16 => (Layout::Grey, data),
        ColorType::La8 | ColorType::La16 => (Layout::Rgba, spread_grey(&data)),
        ColorType::Rgb8 | ColorType::Rgb16 => (Layout::Rgb, data),
        ColorType::Rgba8 | ColorType::Rgba16 => (Layout::Rgba, data),
        other => {
            let kind = image::error::UnsupportedErrorKind::Color(other.into());
            let hint = image::error::ImageFormatHint::Unknown;
            return Err(ImageError::Unsupported(image::error::UnsupportedError::from_format_and_kind(
                hint, kind,
            )));
        }
    })
}

fn too_large() -> ImageError {
    ImageError::Limits(image::error::LimitError::from_kind(image::error::LimitErrorKind::InsufficientMemory))
}

/// Sixteen bits a channel, in the machine's order, become eight.
fn keep_high_bytes(data: &mut Vec<u8>) {
    let high = usize::from(cfg!(target_endian = "little"));
    let count = data.len() / 2;
    for index in 0..count {
        data[index] = data[index * 2 + high];
    }
    data.truncate(count);
}

fn spread_grey(data: &[u8]) -> Vec<u8> {
    data.chunks_exact(2).flat_map(|pixel| [pixel[0], pixel[0], pixel[0], pixel[1]]).collect()
}
