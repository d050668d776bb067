//! The configuration file: whatever stands in it is taken and can be shown, or refused with at least one problem.

#![no_main]

use std::fs;

use libfuzzer_sys::fuzz_target;
use portcullis::config::{Sources, load};
use portcullis_fuzz::folder;

fuzz_target!(|data: &[u8]| {
    let working_dir = folder();
    fs::write(working_dir.join("portcullis.toml"), data).expect("the folder takes a file");
    match load(Sources { working_dir, ..Sources::default() }) {
        Ok(loaded) => assert!(loaded.show().contains("[server]") && !loaded.show_json().is_empty()),
        Err(problems) => assert!(problems.iter().count() > 0 && !problems.to_string().is_empty()),
    }
});
