//! Pictures that strangers send: looked at by their header first, decoded within a budget, and made anew from their pixels,
//! so that nothing else of the file is kept.

mod colours;
mod decode;
mod encode;
mod jpeg;
mod pixels;
mod survey;
mod thumbnail;

pub use survey::{Header, Limits, survey};

use std::fs::File;
use std::io::{Read, Seek, SeekFrom, Write};

use super::Format;
use crate::base::{Error, Result, codes};

/// A picture made anew.
pub struct Picture {
    /// Its upright pixels in sRGB, encoded; rewound.
    pub original: File,
    /// How long that file is.
    pub bytes: u64,
    /// What it is encoded as.
    pub format: Format,
    /// Columns of upright pixels.
    pub width: u32,
    /// Rows of upright pixels.
    pub height: u32,
    /// The picture within 150 x 150 pixels, encoded.
    pub thumbnail: Vec<u8>,
    /// What that is encoded as.
    pub thumbnail_format: Format,
}

/// Makes a picture anew. `original` is an empty file to write to. Takes up to [`Header::memory`] bytes.
///
/// # Errors
/// `cover.undecodable`; a failure of the disk.
pub fn remake(source: impl Read + Seek, header: &Header, mut original: File) -> Result<Picture> {
    let pixels = decode::decode(source, header)?;
    let thumbnail = thumbnail::make(&pixels, header.bytes)?;
    let format = encode::original(&pixels, header.kind, &mut original)?;
    let rewound = original.flush().and_then(|()| original.stream_position());
    let bytes = rewound.map_err(|error| super::failure::of_io(&error))?;
    original.seek(SeekFrom::Start(0)).map_err(|error| super::failure::of_io(&error))?;
    Ok(Picture {
        original,
        bytes,
        format,
        width: pixels.width,
        height: pixels.height,
        thumbnail: thumbnail.bytes,
        thumbnail_format: thumbnail.format,
    })
}

/// What is told of a file that begins like a picture and is none; the cause is for the log.
fn undecodable(cause: impl std::fmt::Display) -> Error {
    Error::new(&codes::COVER_UNDECODABLE).with_cause(cause)
}

#[cfg(test)]
mod tests;
