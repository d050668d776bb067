//! Objects without rows, and rows without objects.

use std::fs::{self, File};
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use portcullis::resources::books;

use super::{Reader, pictures};
use crate::support::{TestApp, buckets};

fn folder(app: &TestApp) -> PathBuf {
    app.app.config.data.dir.join("files")
}

/// Sets the time at which every file was written, on the clock of the test.
fn written(app: &TestApp, age: Duration) {
    let now = Duration::from_millis(u64::try_from(app.app.now().millis()).unwrap());
    let at = SystemTime::UNIX_EPOCH + now - age;
    for shelf in fs::read_dir(folder(app)).unwrap() {
        for file in fs::read_dir(shelf.unwrap().path()).unwrap() {
            File::options().write(true).open(file.unwrap().path()).unwrap().set_modified(at).unwrap();
        }
    }
}

#[tokio::test]
async fn what_nothing_names_is_swept_when_it_is_a_day_old() {
    if !buckets::is_local() {
        return;
    }
    let app = TestApp::new().await;
    let ada = app.user("ada").await;
    let book = ada.book("Dune").await;
    ada.put_cover(&book, &pictures::png(60, 60)).await.expect(200);
    let kept = app.objects().await;
    let name = "0123456789abcdef0123456789abcdef";
    for orphan in
        [format!("originals/{name}.png"), format!("thumbnails/{name}.jpg"), format!("originals/{name}.jpg#1")]
    {
        fs::write(folder(&app).join(orphan), "left by a crash").unwrap();
    }
    let foreign = folder(&app).join("originals/README");
    fs::write(&foreign, "mine").unwrap();
    written(&app, Duration::from_hours(23));
    assert_eq!(books::sweep(&app.app).await.unwrap(), 0);
    assert!(folder(&app).join(format!("originals/{name}.jpg#1")).exists());
    written(&app, Duration::from_hours(25));
    assert_eq!(books::sweep(&app.app).await.unwrap(), 2);
    assert!(!folder(&app).join(format!("originals/{name}.jpg#1")).exists());
    assert_eq!(app.objects().await, kept);
    assert!(foreign.exists());
    ada.get(&format!("{book}/cover")).await.expect(200);
}

#[tokio::test]
async fn an_inventory_tells_what_is_missing_and_a_repair_mends_it() {
    let app = TestApp::new().await;
    let ada = app.user("ada").await;
    let mut paths = Vec::new();
    for title in ["Whole", "No thumbnail", "No original"] {
        let book = ada.book(title).await;
        ada.put_cover(&book, &pictures::jpeg(400, 300)).await.expect(200);
        paths.push(book);
    }
    assert!(books::take_inventory(&app.app).await.unwrap().missing.is_empty());
    for (book, size) in [(&paths[1], "thumbnail"), (&paths[2], "original")] {
        let picture = ada.get(&format!("{book}/cover?size={size}")).await.expect(200);
        let digits = picture.header("etag").trim_matches('"').to_owned();
        let listed = app.objects().await;
        let name = listed.iter().find(|name| name.contains(&digits)).unwrap();
        let name = portcullis::files::ObjectName::of_path(name).unwrap();
        app.app.files.discard(vec![name]);
    }
    app.wait_for_objects(4).await;
    let inventory = books::take_inventory(&app.app).await.unwrap();
    let lost: Vec<_> = inventory.missing.iter().map(|missing| missing.original).collect();
    assert_eq!(lost, [false, true]);
    ada.get(&format!("{}/cover", paths[2])).await.problem(404, "cover.not_found");
    books::repair(&app.app, &inventory).await.unwrap();
    assert!(books::take_inventory(&app.app).await.unwrap().missing.is_empty());
    let mended = ada.get(&format!("{}/cover?size=thumbnail", paths[1])).await.expect(200);
    assert_eq!(pictures::size(&mended.bytes), (150, 113));
    assert!(ada.get(&paths[2]).await.expect(200).json["cover"].is_null());
    app.wait_for_objects(4).await;
}
