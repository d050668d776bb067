//! Query strings of lists: whatever stands behind the `?` is read or refused in words.

#![no_main]

use libfuzzer_sys::fuzz_target;
use portcullis::http::{CursorScope, PageParameters, Query};
use portcullis_fuzz::keys;

fuzz_target!(|text: &str| {
    let mut query = Query::parse(text);
    let page = PageParameters::take(&mut query);
    query.truth("completed");
    query.choice("sort", &[("title", 1), ("-title", 2)]);
    if let Ok(page) = query.finish(page)
        && let Ok(page) = page.open(&CursorScope::new(1, "tasks", &[]), &keys())
    {
        assert!((1..=100).contains(&page.limit));
    }
});
