//! Every page speaks to a reader of screens as well: one heading, labels, described fields, a language.

use super::{Browser, OWN, PAGES};
use crate::support::TestApp;

#[tokio::test]
async fn every_field_has_a_label_and_every_page_a_title() {
    let app = TestApp::new().await;
    app.user("ada").await;
    let (mut ada, mut stranger) = (Browser::signed_in(&app, "ada").await, Browser::new(&app));
    for (path, _) in PAGES.iter().filter(|(path, _)| *path != "/account/sign-out") {
        let browser = if OWN.contains(path) { &mut ada } else { &mut stranger };
        let page = browser.open(path).await.expect(200).text;
        assert!(page.starts_with("<!doctype html>\n<html lang=\"en\">"), "{path}");
        assert_eq!(page.matches("<h1>").count(), 1, "{path}");
        assert!(page.contains("<main id=\"content\"") && page.contains("href=\"#content\""), "{path}");
        let (_, title) = page.split_once("<title>").unwrap();
        let (title, _) = title.split_once(" · Portcullis</title>").unwrap();
        assert!(page.contains(&format!("<h1>{title}</h1>")), "{path}: {title}");
        for input in page.split("<input ").skip(1).map(|rest| rest.split('>').next().unwrap()) {
            let Some((_, id)) = input.split_once("id=\"") else {
                assert!(input.contains("type=\"hidden\""), "{path}: {input}");
                continue;
            };
            let id = id.split('"').next().unwrap();
            assert!(page.contains(&format!("<label for=\"{id}\">")), "{path}: {id}");
            assert!(input.contains("autocomplete=\""), "{path}: {input}");
            if let Some((_, described)) = input.split_once("aria-describedby=\"") {
                for part in described.split('"').next().unwrap().split(' ') {
                    assert!(page.contains(&format!("id=\"{part}\"")), "{path}: {part}");
                }
            }
        }
        assert!(page.matches(" autofocus").count() <= 1, "{path}");
    }
}
