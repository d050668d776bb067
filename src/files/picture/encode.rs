//! From pixels to files with nothing in them but pixels.

use std::fs::File;
use std::io::{self, BufWriter, Write};

use bytesize::ByteSize;
use image::codecs::webp::WebPEncoder;
use image::{ExtendedColorType, ImageEncoder};
use jpeg_encoder::{ColorType, Encoder};
use png::{BitDepth, DeflateCompression, Filter};

use super::pixels::{Layout, Pixels};
use super::survey::Kind;
use crate::base::{Error, Result, codes};
use crate::files::Format;
use crate::files::failure;

/// The quality of photographs in full size.
const QUALITY: u8 = 90;
/// How hard PNG is compressed, of 9. More costs much time for little; less would not see what repeats, and let a short file
/// become a very long one.
const EFFORT: u8 = 1;

/// Writes the picture in full size, of at most `limit` bytes: what was a photograph stays one, everything else keeps every
/// pixel as it is.
///
/// # Errors
/// `cover.too_large`; a failure of the disk.
pub(super) fn original(pixels: &Pixels, kind: Kind, file: &mut File, limit: u64) -> Result<Format> {
    let mut writer = BufWriter::with_capacity(64 * 1024, Bounded { file, limit, written: 0, fault: None });
    let (format, written) = match kind {
        Kind::Jpeg => (Format::Jpeg, jpeg(pixels, QUALITY, &mut writer)),
        Kind::Png | Kind::Gif | Kind::WebP => (Format::Png, png(pixels, &mut writer)),
    };
    let written = written.and_then(|()| writer.flush().map_err(|error| failure::of_io(&error)));
    // Encoders pass on what a writer says in words of their own.
    match writer.get_mut().fault.take() {
        Some(fault) => Err(fault),
        None => written.map(|()| format),
    }
}

/// A file that takes no more than so many bytes, and remembers what went wrong.
struct Bounded<'a> {
    file: &'a mut File,
    limit: u64,
    written: u64,
    fault: Option<Error>,
}

impl Write for Bounded<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.written + bytes.len() as u64 > self.limit {
            self.fault = Some(Error::new(&codes::COVER_TOO_LARGE).with_detail(format!(
                "Made anew from its pixels, the picture takes more than {}.",
                ByteSize::b(self.limit)
            )));
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        let taken = self.file.write(bytes).inspect_err(|error| {
            if error.kind() != io::ErrorKind::Interrupted {
                self.fault = Some(failure::of_io(error));
            }
        })?;
        self.written += taken as u64;
        Ok(taken)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
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

/// Every pixel as it is, as PNG; row by row, since what is written in one piece is compressed in memory first.
pub(super) fn png(pixels: &Pixels, writer: impl Write) -> Result<()> {
    let mut encoder = png::Encoder::new(writer, pixels.width, pixels.height);
    encoder.set_color(match pixels.layout {
        Layout::Grey => png::ColorType::Grayscale,
        Layout::Rgb => png::ColorType::Rgb,
        Layout::Rgba => png::ColorType::Rgba,
    });
    encoder.set_depth(BitDepth::Eight);
    encoder.set_deflate_compression(DeflateCompression::Level(EFFORT));
    encoder.set_filter(Filter::Adaptive);
    let failed = |error: png::EncodingError| match error {
        png::EncodingError::IoError(error) => failure::of_io(&error),
        other => Error::internal(other),
    };
    let mut writer = encoder.write_header().map_err(failed)?;
    let mut rows = writer.stream_writer().map_err(failed)?;
    rows.write_all(&pixels.data).map_err(|error| failure::of_io(&error))?;
    rows.finish().map_err(failed)?;
    writer.finish().map_err(failed)
}

/// Every pixel as it is, as WebP.
pub(super) fn webp(pixels: &Pixels, writer: impl Write) -> Result<()> {
    let colour = match pixels.layout {
        Layout::Grey => ExtendedColorType::L8,
        Layout::Rgb => ExtendedColorType::Rgb8,
        Layout::Rgba => ExtendedColorType::Rgba8,
    };
    let encoded =
        WebPEncoder::new_lossless(writer).write_image(&pixels.data, pixels.width, pixels.height, colour);
    encoded.map_err(|error| match error {
        image::ImageError::IoError(error) => failure::of_io(&error),
        other => Error::internal(other),
    })
}
