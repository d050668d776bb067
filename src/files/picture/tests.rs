use std::io::Cursor;

use image::codecs::gif::GifEncoder;
use image::codecs::jpeg::JpegEncoder;
use image::codecs::png::PngEncoder;
use image::codecs::webp::WebPEncoder;
use image::{DynamicImage, Frame, ImageEncoder, Rgba, RgbaImage};

use super::*;

const LIMITS: Limits = Limits { pixels: 1_000_000, memory: 16 * 1024 * 1024 };

fn made(source: &[u8]) -> Result<(Picture, DynamicImage, DynamicImage)> {
    let header = survey(Cursor::new(source), LIMITS)?;
    let mut picture = remake(Cursor::new(source), &header, tempfile::tempfile().unwrap())?;
    let mut original = Vec::new();
    picture.original.read_to_end(&mut original).unwrap();
    assert_eq!(original.len() as u64, picture.bytes);
    let original = image::load_from_memory(&original).unwrap();
    let thumbnail = image::load_from_memory(&picture.thumbnail).unwrap();
    assert_eq!((original.width(), original.height()), (picture.width, picture.height));
    Ok((picture, original, thumbnail))
}

#[track_caller]
fn refused(source: &[u8]) -> &'static str {
    made(source).map(|_| ()).unwrap_err().code().name
}

/// Left red, right blue, with some noise so that it does not compress to nothing.
fn halves(width: u32, height: u32) -> DynamicImage {
    DynamicImage::from(RgbaImage::from_fn(width, height, |x, y| {
        let noise = u8::try_from((x * 31 + y * 17) % 23).unwrap();
        if x < width / 2 {
            Rgba([220 + noise, noise, noise, 255])
        } else {
            Rgba([noise, noise, 220 + noise, 255])
        }
    }))
}

fn jpeg(picture: &DynamicImage, exif: Option<Vec<u8>>, profile: Option<Vec<u8>>) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = JpegEncoder::new_with_quality(&mut bytes, 95);
    if let Some(exif) = exif {
        encoder.set_exif_metadata(exif).unwrap();
    }
    if let Some(profile) = profile {
        encoder.set_icc_profile(profile).unwrap();
    }
    encoder.encode_image(&picture.to_rgb8()).unwrap();
    bytes
}

fn png(picture: &DynamicImage) -> Vec<u8> {
    let mut bytes = Vec::new();
    picture.write_with_encoder(PngEncoder::new(&mut bytes)).unwrap();
    bytes
}

fn gif(frames: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = GifEncoder::new(&mut bytes);
    for number in 0..frames {
        let colour = if number == 0 { [255, 0, 0, 255] } else { [0, 255, 0, 255] };
        encoder.encode_frame(Frame::new(RgbaImage::from_pixel(40, 30, Rgba(colour)))).unwrap();
    }
    drop(encoder);
    bytes
}

fn exif(orientation: u8) -> Vec<u8> {
    let mut block = b"II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0".to_vec();
    block.extend([orientation, 0, 0, 0, 0, 0, 0, 0]);
    block
}

#[track_caller]
fn assert_near(pixel: [u8; 4], expected: [u8; 3]) {
    let near = pixel.iter().zip(expected).all(|(a, b)| a.abs_diff(b) < 40);
    assert!(near, "{pixel:?} is not about {expected:?}");
}

fn pixel(picture: &DynamicImage, x: u32, y: u32) -> [u8; 4] {
    picture.to_rgba8().get_pixel(x, y).0
}

#[test]
fn every_format_comes_out_as_pixels_and_a_smaller_thumbnail() {
    let mut webp = Vec::new();
    halves(400, 300).write_with_encoder(WebPEncoder::new_lossless(&mut webp)).unwrap();
    for (source, format) in [
        (jpeg(&halves(400, 300), None, None), Format::Jpeg),
        (png(&halves(400, 300)), Format::Png),
        (webp, Format::Png),
    ] {
        let (picture, original, thumbnail) = made(&source).unwrap();
        assert_eq!((picture.format, picture.thumbnail_format), (format, Format::Jpeg));
        assert_eq!((original.width(), original.height()), (400, 300));
        assert_eq!((thumbnail.width(), thumbnail.height()), (150, 113));
        assert!((picture.thumbnail.len()) < source.len());
        for shown in [&original, &thumbnail] {
            let (width, height) = (shown.width(), shown.height());
            assert_near(pixel(shown, width / 5, height / 2), [230, 10, 10]);
            assert_near(pixel(shown, width * 4 / 5, height / 2), [10, 10, 230]);
        }
    }
}

#[test]
fn thumbnails_fit_the_square_and_are_never_enlarged() {
    for ((width, height), expected) in [
        ((400, 100), (150, 38)),
        ((100, 400), (38, 150)),
        ((150, 150), (150, 150)),
        ((151, 150), (150, 149)),
        ((30, 20), (30, 20)),
        ((2000, 1), (150, 1)),
        ((1, 1), (1, 1)),
    ] {
        let (_, _, thumbnail) = made(&png(&halves(width, height))).unwrap();
        assert_eq!((thumbnail.width(), thumbnail.height()), expected, "{width} x {height}");
    }
}

#[test]
fn what_shines_through_stays_so() {
    let glass =
        RgbaImage::from_fn(
            300,
            300,
            |x, _| {
                if x < 150 { Rgba([200, 30, 30, 255]) } else { Rgba([0, 255, 0, 0]) }
            },
        );
    let (picture, original, thumbnail) = made(&png(&glass.into())).unwrap();
    assert_eq!((picture.format, picture.thumbnail_format), (Format::Png, Format::WebP));
    for shown in [original, thumbnail] {
        let (width, height) = (shown.width(), shown.height());
        assert_eq!(pixel(&shown, width - 5, height / 2)[3], 0);
        assert_eq!(pixel(&shown, 5, height / 2), [200, 30, 30, 255]);
    }
}

#[test]
fn pictures_are_turned_upright() {
    // Where the red half of a picture of 200 x 100 is, seen upright, by the orientation of EXIF.
    for (orientation, size, red) in [
        (1, (200, 100), (20, 50)),
        (2, (200, 100), (180, 50)),
        (3, (200, 100), (180, 50)),
        (4, (200, 100), (20, 50)),
        (5, (100, 200), (50, 20)),
        (6, (100, 200), (50, 20)),
        (7, (100, 200), (50, 180)),
        (8, (100, 200), (50, 180)),
    ] {
        let source = jpeg(&halves(200, 100), Some(exif(orientation)), None);
        let (picture, original, thumbnail) = made(&source).unwrap();
        assert_eq!((picture.width, picture.height), size, "orientation {orientation}");
        assert_near(pixel(&original, red.0, red.1), [230, 10, 10]);
        assert_near(pixel(&thumbnail, red.0 * 3 / 4, red.1 * 3 / 4), [230, 10, 10]);
        // The turn is in the pixels now, and nowhere else.
        assert!(!contains(&written(&source), b"Exif"));
    }
}

fn written(source: &[u8]) -> Vec<u8> {
    let (mut picture, _, _) = made(source).unwrap();
    picture.original.rewind().unwrap();
    let mut bytes = Vec::new();
    picture.original.read_to_end(&mut bytes).unwrap();
    bytes.extend(&picture.thumbnail);
    bytes
}

fn contains(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}

#[test]
fn a_wide_gamut_becomes_srgb() {
    let profile = moxcms::ColorProfile::new_display_p3().encode().unwrap();
    let green = DynamicImage::from(RgbaImage::from_pixel(64, 64, Rgba([60, 180, 60, 255])));
    let (_, plain, _) = made(&jpeg(&green, None, None)).unwrap();
    let source = jpeg(&green, None, Some(profile));
    let (_, converted, _) = made(&source).unwrap();
    assert_near(pixel(&plain, 30, 30), [60, 180, 60]);
    // The same numbers mean a stronger green in Display P3 than in sRGB.
    assert!(pixel(&converted, 30, 30)[0] + 15 < pixel(&plain, 30, 30)[0], "{:?}", pixel(&converted, 30, 30));
    assert!(!contains(&written(&source), b"ICC_PROFILE"));
    // A profile that is none changes nothing.
    let (_, odd, _) = made(&jpeg(&green, None, Some(vec![7; 200]))).unwrap();
    assert_eq!(pixel(&odd, 30, 30), pixel(&plain, 30, 30));
}

#[test]
fn grey_and_deep_pictures_are_taken() {
    for picture in [
        DynamicImage::from(halves(200, 100).to_luma8()),
        DynamicImage::from(halves(200, 100).to_luma16()),
        DynamicImage::from(halves(200, 100).to_luma_alpha8()),
        DynamicImage::from(halves(200, 100).to_luma_alpha16()),
        DynamicImage::from(halves(200, 100).to_rgb16()),
        DynamicImage::from(halves(200, 100).to_rgba16()),
    ] {
        let (_, original, _) = made(&png(&picture)).unwrap();
        let (before, after) = (pixel(&picture, 20, 50), pixel(&original, 20, 50));
        assert!(
            before.iter().zip(after).all(|(a, b)| a.abs_diff(b) <= 1),
            "{:?}: {before:?} {after:?}",
            picture.color()
        );
    }
}

#[test]
fn only_the_first_frame_counts() {
    let (_, original, thumbnail) = made(&gif(50)).unwrap();
    assert_near(pixel(&original, 20, 20), [255, 0, 0]);
    assert_near(pixel(&thumbnail, 20, 20), [255, 0, 0]);
}

#[test]
fn what_is_no_picture_is_refused_by_its_content() {
    for text in [
        &b"just text"[..],
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b"<html><script>alert(1)</script>",
        b"%PDF-1.7",
        b"BM\0\0\0\0\0\0\0\0",
        b"\x89PN",
        b"\0",
    ] {
        assert_eq!(refused(text), "cover.unsupported", "{text:?}");
    }
}

#[test]
fn a_picture_that_is_cut_off_is_refused_wherever_that_is() {
    let mut webp = Vec::new();
    halves(60, 40).write_with_encoder(WebPEncoder::new_lossless(&mut webp)).unwrap();
    for whole in [jpeg(&halves(60, 40), None, None), png(&halves(60, 40)), gif(1), webp] {
        assert!(made(&whole).is_ok());
        // The last bytes of a GIF and a PNG are an end mark that a decoder need not see.
        for length in 12..whole.len() - 16 {
            let code = refused(&whole[..length]);
            assert_eq!(code, "cover.undecodable", "{:?} cut to {length} of {}", &whole[..4], whole.len());
        }
    }
    let whole = jpeg(&halves(60, 40), None, None);
    assert_eq!(refused(&whole[..whole.len() - 1]), "cover.undecodable");
}

#[test]
fn a_header_that_claims_too_much_is_refused_before_anything_is_decoded() {
    let mut huge = png(&halves(10, 10));
    huge[16..24].copy_from_slice(&[0, 0, 0xEA, 0x60, 0, 0, 0xEA, 0x60]);
    assert_eq!(refused(&huge), "cover.too_many_pixels");
    let mut screen = gif(1);
    screen[6..10].copy_from_slice(&[0xFF; 4]);
    assert_eq!(refused(&screen), "cover.too_many_pixels");
    let mut nothing = png(&halves(10, 10));
    nothing[16..24].copy_from_slice(&[0; 8]);
    assert_eq!(refused(&nothing), "cover.undecodable");
    let limits = Limits { memory: 300 * 200 * 4 - 1, ..LIMITS };
    let error = survey(Cursor::new(png(&halves(300, 200))), limits).unwrap_err();
    assert!(error.code().name == "cover.too_many_pixels" && error.detail().contains("memory"), "{error}");
}

#[test]
fn nothing_of_the_file_but_its_pixels_is_kept() {
    let payload = b"<script>alert(document.domain)</script>";
    let mut behind_jpeg = jpeg(&halves(80, 60), Some(exif(1)), None);
    behind_jpeg.extend(payload);
    // A text chunk in front of the pixels, and the payload behind the end.
    let mut in_png = png(&halves(80, 60));
    let mut chunk = b"tEXtComment\0".to_vec();
    chunk.extend(payload);
    let mut crc = flate2::Crc::new();
    crc.update(&chunk);
    let mut framed = u32::try_from(chunk.len() - 4).unwrap().to_be_bytes().to_vec();
    framed.extend(&chunk);
    framed.extend(crc.sum().to_be_bytes());
    in_png.splice(33..33, framed);
    in_png.extend(payload);
    for source in [behind_jpeg, in_png] {
        assert!(contains(&source, payload));
        assert!(!contains(&written(&source), b"script"));
    }
}

#[test]
fn a_bomb_in_a_chunk_takes_no_memory() {
    use std::io::Write;

    // 256 MiB of zeros, compressed, as a colour profile and as text.
    let mut bomb = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::best());
    for _ in 0..256 {
        bomb.write_all(&vec![0; 1024 * 1024]).unwrap();
    }
    let bomb = bomb.finish().unwrap();
    for name in [&b"iCCPx\0\0"[..], b"zTXtx\0\0", b"IDAT"] {
        let mut chunk = name.to_vec();
        chunk.extend(&bomb);
        let mut crc = flate2::Crc::new();
        crc.update(&chunk);
        let mut framed = u32::try_from(chunk.len() - 4).unwrap().to_be_bytes().to_vec();
        framed.extend(&chunk);
        framed.extend(crc.sum().to_be_bytes());
        let mut source = png(&halves(80, 60));
        source.splice(33..33, framed);
        // Left out or refused; that it ends at all, and quickly, is the point.
        if let Err(error) = made(&source) {
            assert_eq!(error.code().name, "cover.undecodable", "{error:?}");
        }
    }
}
