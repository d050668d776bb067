//! What the first bytes of a file say: whether it is a picture, how large it is, and what it takes to decode it.

use std::io::{BufRead, BufReader, Read, Seek, SeekFrom};

use bytesize::ByteSize;
use image::ImageDecoder;
use image::codecs::webp::WebPDecoder;

use super::jpeg::{self, Broken};
use super::undecodable;
use crate::base::{Error, Result, codes};

/// The formats that are taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::files) enum Kind {
    Jpeg,
    Png,
    Gif,
    WebP,
}

/// A picture as its header describes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    pub(super) kind: Kind,
    /// Columns, as they are stored.
    pub width: u32,
    /// Rows, as they are stored.
    pub height: u32,
    /// Bytes of the file.
    pub bytes: u64,
    /// How many bytes of memory it takes at most to make it anew.
    pub memory: u64,
}

/// What is accepted.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Most pixels.
    pub pixels: u64,
    /// Most memory, in bytes.
    pub memory: u64,
}

/// Reads the header and decides.
///
/// # Errors
/// `cover.unsupported` for anything that is no PNG, JPEG, GIF or WebP by its first bytes; `cover.undecodable`;
/// `cover.too_many_pixels`.
pub fn survey(source: impl Read + Seek, limits: Limits) -> Result<Header> {
    let mut source = BufReader::new(source);
    let failed = |error: std::io::Error| super::super::failure::of_io(&error);
    let bytes = source.seek(SeekFrom::End(0)).map_err(failed)?;
    source.rewind().map_err(failed)?;
    let mut start = Vec::new();
    source.by_ref().take(32).read_to_end(&mut start).map_err(failed)?;
    source.rewind().map_err(failed)?;
    let (kind, (width, height), bytes_a_pixel) = match &start[..] {
        [0xFF, 0xD8, 0xFF, ..] => of_jpeg(source)?,
        [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1A, b'\n', rest @ ..] => of_png(rest)?,
        [b'G', b'I', b'F', b'8', b'7' | b'9', b'a', rest @ ..] => of_gif(rest)?,
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => of_webp(source)?,
        _ => return Err(Error::new(&codes::COVER_UNSUPPORTED)),
    };
    let pixels = u64::from(width) * u64::from(height);
    if pixels == 0 {
        return Err(undecodable("a side of no pixels"));
    }
    if pixels > limits.pixels {
        return Err(Error::new(&codes::COVER_TOO_MANY_PIXELS).with_detail(format!(
            "The picture has {width} x {height} pixels; at most {} are allowed in all.",
            limits.pixels
        )));
    }
    let memory = pixels.saturating_mul(bytes_a_pixel);
    if memory > limits.memory {
        return Err(Error::new(&codes::COVER_TOO_MANY_PIXELS).with_detail(format!(
            "The picture takes {} of memory to decode; at most {} are allowed.",
            ByteSize::b(memory),
            ByteSize::b(limits.memory)
        )));
    }
    Ok(Header { kind, width, height, bytes, memory })
}

type Survey = Result<(Kind, (u32, u32), u64)>;

/// Baseline: three bytes a pixel, twice while it is turned upright. Progressive: all coefficients besides, two bytes each.
fn of_jpeg(source: impl BufRead) -> Survey {
    let outline = jpeg::outline(source).map_err(|broken| match broken {
        Broken::Truncated => undecodable("the JPEG file ends too early")
            .with_detail("The picture is cut off: it ends before its end marker."),
        Broken::Malformed => undecodable("the markers of the JPEG file are wrong"),
        Broken::Io(error) => super::super::failure::of_io(&error),
    })?;
    let components = u64::from(outline.components);
    let bytes = if outline.progressive { 3 + 2 * components } else { 4 };
    Ok((Kind::Jpeg, (outline.width, outline.height), bytes.max(4)))
}

/// The first chunk must be the header (PNG, section 5.6).
fn of_png(rest: &[u8]) -> Survey {
    let [_, _, _, _, b'I', b'H', b'D', b'R', w3, w2, w1, w0, h3, h2, h1, h0, depth, colour, ..] = *rest
    else {
        return Err(undecodable("the PNG file does not begin with its header"));
    };
    let channels = match colour {
        0 => 1,
        2 => 3,
        _ => 4,
    };
    let bytes = channels * if depth == 16 { 2 } else { 1 };
    let size = (u32::from_be_bytes([w3, w2, w1, w0]), u32::from_be_bytes([h3, h2, h1, h0]));
    Ok((Kind::Png, size, bytes.max(4)))
}

/// A first frame that does not fill the picture is decoded beside it.
fn of_gif(rest: &[u8]) -> Survey {
    let [w0, w1, h0, h1, ..] = *rest else {
        return Err(undecodable("the GIF file ends within its header"));
    };
    let size = (u16::from_le_bytes([w0, w1]).into(), u16::from_le_bytes([h0, h1]).into());
    Ok((Kind::Gif, size, 8))
}

/// Decoded by way of planes or of indices, and an animation's first frame beside the picture.
fn of_webp(source: impl BufRead + Seek) -> Survey {
    let decoder = WebPDecoder::new(source).map_err(undecodable)?;
    let bytes = if decoder.has_animation() { 12 } else { 8 };
    Ok((Kind::WebP, decoder.dimensions(), bytes))
}
