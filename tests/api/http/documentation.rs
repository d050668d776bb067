//! The documentation stands in the binary and calls nobody.

use portcullis::base::codes;

use crate::support::TestApp;

/// Addresses on other hosts that a text names.
fn foreign(text: &str) -> Vec<&str> {
    let ends = |c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '`' | ')' | '<' | '>' | '\\');
    ["http://", "https://", "\"//"]
        .iter()
        .flat_map(|scheme| text.match_indices(scheme))
        .map(|(at, _)| text[at..].split(ends).find(|part| !part.is_empty()).unwrap_or_default())
        .collect()
}

#[tokio::test]
async fn the_api_is_shown_from_inside_the_binary() {
    let app = TestApp::new().await;
    let moved = app.anonymous().get("/docs").await.expect(308);
    assert_eq!(moved.header("location"), "/docs/");
    let index = app.anonymous().get("/docs/").await.expect(200);
    assert!(index.header("content-type").starts_with("text/html"), "{index:#?}");
    assert_eq!(foreign(&index.text), [""; 0]);
    let links: Vec<_> = index.text.split('"').filter_map(|text| text.strip_prefix("./")).collect();
    assert!(links.len() >= 4, "{links:?}");
    for link in links {
        let file = app.anonymous().get(&format!("/docs/{link}")).await.expect(200);
        let kind = file.header("content-type");
        let wanted = match link.rsplit_once('.').unwrap().1 {
            "css" => "text/css",
            "js" => "text/javascript",
            "png" => "image/png",
            other => panic!("what is {other}?"),
        };
        assert!(kind.starts_with(wanted) && !file.text.is_empty(), "{link} {kind}");
    }
}

#[tokio::test]
async fn the_page_reads_our_own_document_and_no_validator_sees_it() {
    let app = TestApp::new().await;
    let setup = app.anonymous().get("/docs/swagger-initializer.js").await.expect(200).text;
    assert_eq!(foreign(&setup), [""; 0]);
    assert!(setup.contains("/api/v1/openapi.json") && setup.contains(r#""validatorUrl": "none""#), "{setup}");
    let policy = app.anonymous().get("/docs/").await.header("content-security-policy").to_owned();
    for directive in ["default-src 'none'", "script-src 'self'", "connect-src 'self'", "img-src 'self' data:"]
    {
        assert!(policy.split(';').any(|own| own.trim() == directive), "{policy}");
    }
    assert_eq!(foreign(&policy), [""; 0]);
}

#[tokio::test]
async fn the_document_is_served_as_it_is_printed() {
    let app = TestApp::new().await;
    let document = app.anonymous().get("/api/v1/openapi.json").await.expect(200);
    assert_eq!(document.header("content-type"), "application/json");
    assert_eq!(document.text, portcullis::wiring::openapi());
}

#[tokio::test]
async fn every_code_has_a_place_that_the_type_of_a_problem_points_to() {
    let app = TestApp::new().await;
    let page = app.anonymous().get("/docs/errors").await.expect(200);
    assert_eq!(page.header("content-type"), "text/html; charset=utf-8");
    for code in codes::ALL {
        assert!(page.text.contains(&format!("id=\"{}\"", code.name)), "{}", code.name);
    }
    assert_eq!(foreign(&page.text), [""; 0]);
    let problem = app.anonymous().get("/nowhere").await.problem(404, "route.not_found");
    assert_eq!(problem.json["type"], "/docs/errors#route.not_found");
}
