//! Pictures that are none, or would be too much: a clear refusal, and nothing left.

use super::{Part, Reader, pictures};
use crate::support::{TestApp, buckets};

fn claiming(mut png: Vec<u8>, width: u32, height: u32) -> Vec<u8> {
    png[16..20].copy_from_slice(&width.to_be_bytes());
    png[20..24].copy_from_slice(&height.to_be_bytes());
    png
}

fn with_chunk(mut png: Vec<u8>, name: [u8; 4], content: &[u8]) -> Vec<u8> {
    let mut chunk = name.to_vec();
    chunk.extend(content);
    let mut sum = flate2::Crc::new();
    sum.update(&chunk);
    let mut framed = u32::try_from(content.len()).unwrap().to_be_bytes().to_vec();
    framed.extend(&chunk);
    framed.extend(sum.sum().to_be_bytes());
    png.splice(33..33, framed);
    png
}

#[tokio::test]
async fn each_is_refused_with_its_word_and_leaves_nothing() {
    let app = TestApp::new().await;
    let ada = app.user("ada").await;
    let book = ada.book("Dune").await;
    let jpeg = pictures::jpeg(300, 200);
    let png = pictures::png(300, 200);
    for (name, picture, status, code) in [
        ("a text named .png", b"Call me Ishmael.".to_vec(), 415, "cover.unsupported"),
        (
            "a vector graphic",
            b"<svg xmlns=\"http://www.w3.org/2000/svg\"/>".to_vec(),
            415,
            "cover.unsupported",
        ),
        ("a page", b"<!doctype html><script>alert(1)</script>".to_vec(), 415, "cover.unsupported"),
        ("one byte", b"\x89".to_vec(), 415, "cover.unsupported"),
        ("a truncated JPEG", jpeg[..jpeg.len() / 2].to_vec(), 422, "cover.undecodable"),
        ("a JPEG without its end", jpeg[..jpeg.len() - 2].to_vec(), 422, "cover.undecodable"),
        ("a truncated PNG", png[..png.len() / 2].to_vec(), 422, "cover.undecodable"),
        ("a bare signature", png[..8].to_vec(), 422, "cover.undecodable"),
        ("a claim of 60 000 x 60 000", claiming(png.clone(), 60_000, 60_000), 422, "cover.too_many_pixels"),
        (
            "a claim of the most a PNG can say",
            claiming(png.clone(), u32::MAX, u32::MAX),
            422,
            "cover.too_many_pixels",
        ),
        ("a claim of nothing", claiming(png.clone(), 0, 0), 422, "cover.undecodable"),
        ("a claim that its data does not fill", claiming(png.clone(), 7000, 7000), 422, "cover.undecodable"),
    ] {
        let answer = ada.put_cover(&book, &picture).await;
        assert_eq!(
            (answer.status.as_u16(), answer.json["code"].as_str()),
            (status, Some(code)),
            "{name}: {answer:#?}"
        );
        let parts = [
            Part("title", "", name.as_bytes()),
            Part("category", "", b"horror"),
            Part("cover", "; filename=\"cover.png\"\r\nContent-Type: image/png", &picture),
        ];
        ada.post_form(&parts).await.problem(status, code);
    }
    assert_eq!(app.objects().await.len(), 0);
    assert_eq!(app.count("SELECT COUNT(*) FROM books").await, 1);
    if buckets::is_local() {
        let folder = app.app.config.data.dir.clone();
        let names: Vec<_> = std::fs::read_dir(&folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        assert!(names.iter().all(|name| !name.starts_with('.') && !name.contains("tmp")), "{names:?}");
    }
}

#[tokio::test]
async fn only_the_first_of_ten_thousand_frames_is_looked_at() {
    let app = TestApp::new().await;
    let ada = app.user("ada").await;
    let book = ada.book("Dune").await;
    let answer = ada.put_cover(&book, &pictures::animation(10_000)).await.expect(200);
    assert_eq!((&answer.json["cover"]["width"], &answer.json["cover"]["height"]), (&2.into(), &2.into()));
    let original = ada.get(&format!("{book}/cover")).await.expect(200);
    assert!(original.bytes.len() < 1000);
}

#[tokio::test]
async fn a_bomb_in_a_chunk_is_not_blown_up() {
    use std::io::Write;

    let app = TestApp::new().await;
    let ada = app.user("ada").await;
    let book = ada.book("Dune").await;
    let mut bomb = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::best());
    for _ in 0..512 {
        bomb.write_all(&vec![0; 1024 * 1024]).unwrap();
    }
    let bomb = bomb.finish().unwrap();
    for (name, opening) in [(b"iCCP", &b"x\0\0"[..]), (b"zTXt", b"x\0\0"), (b"IDAT", b"")] {
        let picture = with_chunk(pictures::png(40, 40), *name, &[opening, &bomb].concat());
        assert!(picture.len() < 1024 * 1024);
        let answer = ada.put_cover(&book, &picture).await;
        // Passed over where it does not matter for the pixels.
        if answer.status != 200 {
            answer.problem(422, "cover.undecodable");
        }
    }
}

#[tokio::test]
async fn a_polyglot_loses_what_it_was_besides() {
    let app = TestApp::new().await;
    let ada = app.user("ada").await;
    let book = ada.book("Dune").await;
    let page = b"<html><script>fetch('//evil.example')</script></html>";
    let mut behind = pictures::jpeg(300, 200);
    behind.extend(page);
    let inside = with_chunk(pictures::png(300, 200), *b"tEXt", &[&b"Comment\0"[..], page].concat());
    let mut gif = pictures::gif();
    gif.extend(page);
    for picture in [behind, inside, gif] {
        ada.put_cover(&book, &picture).await.expect(200);
        for size in ["original", "thumbnail"] {
            let answer = ada.get(&format!("{book}/cover?size={size}")).await.expect(200);
            assert!(!answer.text.contains("script") && !answer.text.contains("html"));
            assert_eq!(answer.header("x-content-type-options"), "nosniff");
        }
    }
}

#[tokio::test]
async fn limits_are_the_operators() {
    let app = TestApp::with(|config| config.files.max_pixels = 10_000).await;
    let ada = app.user("ada").await;
    let book = ada.book("Dune").await;
    ada.put_cover(&book, &pictures::png(100, 100)).await.expect(200);
    ada.put_cover(&book, &pictures::png(101, 100)).await.problem(422, "cover.too_many_pixels");
    let app = TestApp::with(|config| config.files.image_memory = bytesize::ByteSize::mib(1)).await;
    let ada = app.user("ada").await;
    let book = ada.book("Dune").await;
    ada.put_cover(&book, &pictures::jpeg(500, 500)).await.expect(200);
    ada.put_cover(&book, &pictures::jpeg(600, 500)).await.problem(422, "cover.too_many_pixels");
}

#[tokio::test]
async fn more_pictures_than_places_are_put_off() {
    let app = TestApp::with(|config| {
        config.files.image_threads = 1;
        config.files.image_queue = 1;
    })
    .await;
    let ada = app.user("ada").await;
    let picture = pictures::png(900, 900);
    let mut books = Vec::new();
    for number in 0..8 {
        books.push(ada.book(&format!("Volume {number}")).await);
    }
    let answers =
        futures_util::future::join_all(books.iter().map(|book| ada.put_cover(book, &picture))).await;
    let (kept, refused): (Vec<_>, Vec<_>) = answers.into_iter().partition(|answer| answer.status == 200);
    assert!(kept.len() >= 2, "{}", kept.len());
    assert!(!refused.is_empty());
    for answer in refused {
        answer.problem(503, "cover.busy");
    }
    app.wait_for_objects(kept.len() * 2).await;
}
