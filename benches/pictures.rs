//! What a picture costs: `cargo bench --bench pictures -- FILE` with a JPEG file prints medians in milliseconds. The script
//! `benches/load/pictures.py` makes such a file and puts Pillow's figures of the same minute beside these.

use std::fs::File;
use std::hint::black_box;
use std::io::{BufReader, Cursor};

use fast_image_resize::images::{Image, ImageRef};
use fast_image_resize::{FilterType, PixelType, ResizeAlg, ResizeOptions, Resizer};
use image::ImageDecoder;
use image::codecs::jpeg::JpegDecoder;
use portcullis::base::Stopwatch;
use portcullis::files::picture::{Limits, remake, survey};

const RUNS: usize = 15;
const LIMITS: Limits = Limits { pixels: 50_000_000, memory: 512 * 1024 * 1024 };

fn main() {
    let Some(path) = std::env::args().skip(1).find(|argument| !argument.starts_with('-')) else { return };
    let source = std::fs::read(&path).expect("the file can be read");
    report("header and markers", || survey(Cursor::new(&source), LIMITS).expect("a picture"));
    report("decode", || decode(&source));
    report("thumbnail alone, from all pixels", || {
        let (width, height, pixels) = decode(&source);
        thumbnail(width, height, &pixels)
    });
    report("thumbnail alone, from a decode at an eighth of the size", || {
        let (width, height, pixels) = decode_scaled(&source);
        thumbnail(width, height, &pixels)
    });
    let (width, height, pixels) = decode(&source);
    report("thumbnail of pixels that are there", || thumbnail(width, height, &pixels));
    report("upload: header, picture made anew, thumbnail", || {
        let file = File::open(&path).expect("the file can be read");
        let header = survey(&file, LIMITS).expect("a picture");
        let original = tempfile::tempfile().expect("a temporary file can be made");
        remake(&file, &header, original).expect("a whole picture")
    });
}

fn report<T>(name: &str, mut work: impl FnMut() -> T) {
    let mut times: Vec<_> = (0..RUNS)
        .map(|_| {
            let watch = Stopwatch::start();
            black_box(work());
            watch.elapsed().as_secs_f64() * 1000.0
        })
        .collect();
    times.sort_by(f64::total_cmp);
    println!("{:8.2} ms  {name}", times[RUNS / 2]);
}

fn decode(source: &[u8]) -> (u32, u32, Vec<u8>) {
    let decoder = JpegDecoder::new(BufReader::new(Cursor::new(source))).expect("a JPEG file");
    let (width, height) = decoder.dimensions();
    let mut pixels = vec![0; usize::try_from(decoder.total_bytes()).expect("it fits in memory")];
    decoder.read_image(&mut pixels).expect("a whole JPEG file");
    (width, height, pixels)
}

fn decode_scaled(source: &[u8]) -> (u32, u32, Vec<u8>) {
    let mut decoder = jpeg_decoder::Decoder::new(source);
    let (width, height) = decoder.scale(300, 300).expect("a JPEG file");
    let pixels = decoder.decode().expect("a whole JPEG file");
    (width.into(), height.into(), pixels)
}

fn thumbnail(width: u32, height: u32, pixels: &[u8]) -> Vec<u8> {
    let longer = width.max(height);
    let (small_width, small_height) = (width * 150 / longer, height * 150 / longer);
    let source = ImageRef::new(width, height, pixels, PixelType::U8x3).expect("all pixels are there");
    let mut small = Image::new(small_width, small_height, PixelType::U8x3);
    let options = ResizeOptions::new().resize_alg(ResizeAlg::Convolution(FilterType::CatmullRom));
    Resizer::new().resize(&source, &mut small, &options).expect("both have the same kind of pixels");
    let side = |side: u32| u16::try_from(side).expect("a side of a thumbnail");
    let mut bytes = Vec::new();
    jpeg_encoder::Encoder::new(&mut bytes, 80)
        .encode(small.buffer(), side(small_width), side(small_height), jpeg_encoder::ColorType::Rgb)
        .expect("memory takes everything");
    bytes
}
