//! Pictures: whatever arrives is refused in words, or made anew within its limits of pixels and memory.

#![no_main]

use std::io::Cursor;

use libfuzzer_sys::fuzz_target;
use portcullis::files::picture::{Limits, remake, survey};

const LIMITS: Limits = Limits { pixels: 1_000_000, memory: 16 * 1024 * 1024 };

fuzz_target!(|data: &[u8]| {
    let Ok(header) = survey(Cursor::new(data), LIMITS) else { return };
    assert!(u64::from(header.width) * u64::from(header.height) <= LIMITS.pixels);
    assert!(header.memory <= LIMITS.memory);
    let original = tempfile::tempfile().expect("a temporary file can be made");
    if let Ok(picture) = remake(Cursor::new(data), &header, original) {
        assert_eq!(
            u64::from(picture.width) * u64::from(picture.height),
            u64::from(header.width) * u64::from(header.height)
        );
        assert!(!picture.thumbnail.is_empty());
    }
});
