//! Pictures to send.

use std::io::Cursor;

use image::{DynamicImage, ImageFormat, Rgba, RgbaImage};

fn drawn(width: u32, height: u32) -> DynamicImage {
    DynamicImage::from(RgbaImage::from_fn(width, height, |x, y| {
        let [r, g, b] = [x * 7 + y, x + y * 5, x * y].map(|value| u8::try_from(value % 256).unwrap());
        Rgba([r, g, b, 255])
    }))
}

fn encoded(picture: &DynamicImage, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    picture.write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

pub fn png(width: u32, height: u32) -> Vec<u8> {
    encoded(&drawn(width, height), ImageFormat::Png)
}

pub fn jpeg(width: u32, height: u32) -> Vec<u8> {
    encoded(&DynamicImage::from(drawn(width, height).to_rgb8()), ImageFormat::Jpeg)
}

pub fn gif() -> Vec<u8> {
    encoded(&drawn(40, 30), ImageFormat::Gif)
}

pub fn webp() -> Vec<u8> {
    encoded(&drawn(40, 30), ImageFormat::WebP)
}

/// A GIF of one picture shown `frames` times.
pub fn animation(frames: usize) -> Vec<u8> {
    // Header, screen of 2 x 2, two colours; then the same frame again and again.
    let mut bytes = b"GIF89a\x02\0\x02\0\x80\0\0\xFF\0\0\0\0\xFF".to_vec();
    for _ in 0..frames {
        bytes.extend(b"\x21\xF9\x04\0\x01\0\0\0\x2C\0\0\0\0\x02\0\x02\0\0\x02\x02\x84\x51\0");
    }
    bytes.push(0x3B);
    bytes
}

/// The size of an encoded picture.
pub fn size(bytes: &[u8]) -> (u32, u32) {
    let picture = image::load_from_memory(bytes).unwrap();
    (picture.width(), picture.height())
}
