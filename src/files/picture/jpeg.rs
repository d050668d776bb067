//! The outline of a JPEG file (ITU T.81, annex B), walked from its first marker to its last: a decoder fills what is missing
//! of a truncated one with grey and says nothing.

use std::io::{self, BufRead};

/// What the markers tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Outline {
    pub(super) width: u32,
    pub(super) height: u32,
    /// Whether it is decoded by way of all its coefficients in memory.
    pub(super) progressive: bool,
    pub(super) components: u8,
}

/// Why there is no outline.
#[derive(Debug)]
pub(super) enum Broken {
    /// The file ends before its end marker.
    Truncated,
    /// The markers do not follow each other as they must.
    Malformed,
    /// The disk failed.
    Io(io::Error),
}

impl From<io::Error> for Broken {
    fn from(error: io::Error) -> Self {
        if error.kind() == io::ErrorKind::UnexpectedEof { Self::Truncated } else { Self::Io(error) }
    }
}

const START: u8 = 0xD8;
const END: u8 = 0xD9;
const SCAN: u8 = 0xDA;

/// Reads to the end marker; what follows that is nobody's.
pub(super) fn outline(mut source: impl BufRead) -> Result<Outline, Broken> {
    if marker(&mut source)? != START {
        return Err(Broken::Malformed);
    }
    let (mut outline, mut scanned) = (None, false);
    let mut next = marker(&mut source)?;
    loop {
        match next {
            END => return outline.filter(|_| scanned).ok_or(Broken::Malformed),
            // Frame headers; among their numbers stand three that are none.
            0xC0..=0xCF if !matches!(next, 0xC4 | 0xC8 | 0xCC) => {
                let frame = segment(&mut source)?;
                let [_, h1, h0, w1, w0, components, ..] = frame[..] else { return Err(Broken::Malformed) };
                outline = Some(Outline {
                    width: u16::from_be_bytes([w1, w0]).into(),
                    height: u16::from_be_bytes([h1, h0]).into(),
                    progressive: matches!(next, 0xC2 | 0xC6 | 0xCA | 0xCE),
                    components,
                });
            }
            0x01 | 0xD0..=0xD7 => {}
            START | 0x00 => return Err(Broken::Malformed),
            _ => drop(segment(&mut source)?),
        }
        next = if next == SCAN {
            scanned = true;
            behind_scan(&mut source)?
        } else {
            marker(&mut source)?
        };
    }
}

fn byte(source: &mut impl BufRead) -> io::Result<u8> {
    let mut byte = [0];
    source.read_exact(&mut byte)?;
    Ok(byte[0])
}

/// The marker that must stand here, behind any number of fill bytes.
fn marker(source: &mut impl BufRead) -> Result<u8, Broken> {
    if byte(source)? != 0xFF {
        return Err(Broken::Malformed);
    }
    loop {
        match byte(source)? {
            0xFF => {}
            marker => return Ok(marker),
        }
    }
}

fn segment(source: &mut impl BufRead) -> Result<Vec<u8>, Broken> {
    let length = u16::from_be_bytes([byte(source)?, byte(source)?]);
    let length = length.checked_sub(2).ok_or(Broken::Malformed)?;
    let mut content = vec![0; length.into()];
    source.read_exact(&mut content)?;
    Ok(content)
}

/// The marker behind coded data, in which a byte of 0xFF is followed by zero or a restart marker.
fn behind_scan(source: &mut impl BufRead) -> Result<u8, Broken> {
    loop {
        if source.skip_until(0xFF)? == 0 {
            return Err(Broken::Truncated);
        }
        let mut after = byte(source)?;
        while after == 0xFF {
            after = byte(source)?;
        }
        if !matches!(after, 0x00 | 0xD0..=0xD7) {
            return Ok(after);
        }
    }
}
