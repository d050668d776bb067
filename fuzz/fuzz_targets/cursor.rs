//! Cursors: nothing but what this server sealed for this list is taken.

#![no_main]

use std::sync::OnceLock;

use libfuzzer_sys::fuzz_target;
use portcullis::base::{Position, SortValue};
use portcullis::http::CursorScope;
use portcullis_fuzz::{forgeries, keys};

fuzz_target!(|data: &[u8]| {
    static GENUINE: OnceLock<String> = OnceLock::new();
    let keys = keys();
    let scope = CursorScope::new(1, "tasks", &["any", "title"]);
    let position = Position { sort: SortValue::Text("raise the gate".into()), key: 5 };
    let genuine = GENUINE.get_or_init(|| scope.seal(&position, &keys));
    assert_eq!(scope.open(genuine, &keys).ok(), Some(position));
    for text in forgeries(data, genuine) {
        assert!(scope.open(&text, &keys).is_err(), "{text}");
    }
});
