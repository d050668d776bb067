//! The order of the house, held as tables: who may import whom, and which words belong where.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// Each step sees itself and what stands before it; of neighbours in one step none sees another.
const HOUSE: &[&[&str]] = &[
    &["base"],
    &["config"],
    &["db"],
    &["security", "files", "mail"],
    &["app"],
    &["http"],
    &["resources"],
    &["operations", "dialects", "console"],
    &["wiring"],
    &["cli"],
];

/// The same inside `resources`.
const RESOURCES: &[&[&str]] =
    &[&["audit"], &["guard"], &["idempotency"], &["sessions"], &["accounts"], &["tasks", "books", "mails"]];

/// Words that do not belong in some files: those in a folder (it ends with `/`) or, within resources, of a name.
const FOREIGN_WORDS: &[(&[&str], &[&str])] = &[
    (
        &["/routes.rs", "/dto.rs", "/service.rs"],
        &["\"SELECT ", "INSERT INTO ", "\"UPDATE ", "DELETE FROM ", " WHERE "],
    ),
    (&["/service.rs", "/store.rs", "/model.rs"], &["axum::"]),
    (&["src/base/"], &["axum::", "tokio::", "rusqlite::", "std::fs", "std::net::Tcp"]),
    (&["src/resources/", "src/http/"], &["rusqlite::"]),
    // An operator's authority is taken where an operator stands.
    (
        &[
            "src/base/",
            "src/config/",
            "src/db/",
            "src/security/",
            "src/http/",
            "src/resources/",
            "src/operations/",
            "src/dialects/",
            "src/console/",
        ],
        &["Caller::command_line", "Caller::configuration"],
    ),
    (
        &["src/", "tests/", "benches/"],
        &["#[allow", "#![allow", "unsafe {", "unsafe fn", "unsafe impl", "todo!(", "dbg!("],
    ),
];

/// Longer files hold more than one idea.
const LONGEST_FILE: usize = 400;

struct Source {
    /// From the project's folder, with `/`.
    path: String,
    /// Its text without comments, its lines where they were.
    code: String,
}

/// A breach, for people: file, line, and what is wrong.
type Breach = String;

fn sources() -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut found = Vec::new();
    for folder in ["src", "tests", "benches"] {
        collect(&root.join(folder), &mut found);
    }
    let read = |path: PathBuf| Source {
        code: without_comments(&fs::read_to_string(&path).unwrap()),
        path: path.strip_prefix(root).unwrap().to_str().unwrap().to_owned(),
    };
    let sources: Vec<_> = found.into_iter().map(read).collect();
    assert!(sources.iter().any(|source| source.path == "src/lib.rs"));
    sources
}

fn collect(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).into_iter().flatten() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

/// Comments stand on lines of their own or behind a blank; `//` inside an address has none before it.
fn without_comments(text: &str) -> String {
    let code = |line: &str| {
        let comment = line.trim_start().starts_with("//");
        if comment { String::new() } else { line.split(" // ").next().unwrap_or_default().to_owned() }
    };
    text.lines().map(code).collect::<Vec<_>>().join("\n")
}

fn line_of(text: &str, at: usize) -> usize {
    text[..at].matches('\n').count() + 1
}

/// The module that a file is: `src/db/mod.rs` is `db`, `src/db/value.rs` is `db`, `value`.
fn module_of(path: &str) -> Vec<&str> {
    let inner = path.strip_prefix("src/").unwrap_or(path).strip_suffix(".rs").unwrap_or(path);
    let mut module: Vec<_> = inner.split('/').collect();
    if matches!(module.last(), Some(&"mod" | &"lib" | &"main")) {
        module.pop();
    }
    module
}

fn identifier(text: &str) -> &str {
    let end = text.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(text.len());
    &text[..end]
}

/// The first words behind a path: one, or those of a group such as `{a, b::{c, d}}`.
fn heads(text: &str) -> Vec<&str> {
    let Some(group) = text.strip_prefix('{') else { return vec![identifier(text)] };
    let (mut depth, mut fresh, mut heads) = (0, true, Vec::new());
    for (at, character) in group.char_indices() {
        match character {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => fresh = true,
            _ if fresh && !character.is_whitespace() => {
                heads.push(identifier(&group[at..]));
                fresh = false;
            }
            _ => {}
        }
    }
    heads
}

/// Every path of ours that a file names, as full module paths of at least one word, with its line.
fn imports<'a>(module: &[&'a str], code: &'a str) -> Vec<(usize, Vec<&'a str>)> {
    let mut found = Vec::new();
    let whole =
        |at: usize| !code[..at].ends_with(|c: char| c.is_alphanumeric() || matches!(c, '_' | ':' | '$'));
    for root in ["crate::", "portcullis::"] {
        for (at, _) in code.match_indices(root).filter(|(at, _)| whole(*at)) {
            let rest = &code[at + root.len()..];
            for head in heads(rest) {
                let deeper = rest.strip_prefix(head).and_then(|rest| rest.strip_prefix("::"));
                let deeper = deeper.map(heads).unwrap_or_default();
                if deeper.is_empty() {
                    found.push((line_of(code, at), vec![head]));
                }
                found.extend(deeper.into_iter().map(|next| (line_of(code, at), vec![head, next])));
            }
        }
    }
    for (at, _) in code.match_indices("super::").filter(|(at, _)| whole(*at)) {
        let (mut rest, mut climbed) = (&code[at..], 0);
        while let Some(further) = rest.strip_prefix("super::") {
            (rest, climbed) = (further, climbed + 1);
        }
        // Modules inside a file (its tests) stand one step deeper.
        let inner = usize::from(code[..at].contains("\nmod tests {"));
        let kept = &module[..(module.len() + inner).saturating_sub(climbed).min(module.len())];
        for head in heads(rest) {
            found.push((line_of(code, at), kept.iter().copied().chain([head]).collect()));
        }
    }
    found
}

fn rank(order: &[&[&str]], name: &str) -> Option<usize> {
    order.iter().position(|step| step.contains(&name))
}

fn may_see(order: &[&[&str]], from: &str, to: &str) -> bool {
    from == to || rank(order, to).is_none_or(|to| rank(order, from).is_some_and(|from| to < from))
}

fn import_breaches(path: &str, code: &str) -> Vec<Breach> {
    let module = module_of(path);
    let Some((&home, inside)) = module.split_first() else { return Vec::new() };
    let mut breaches = Vec::new();
    for (line, target) in imports(&module, code) {
        let mut refuse =
            |from: &str, to: &str| breaches.push(format!("{path}:{line}: {from} must not import {to}"));
        if !may_see(HOUSE, home, target[0]) {
            refuse(home, target[0]);
        }
        if let (["resources", to, ..], "resources", Some(&from)) = (target.as_slice(), home, inside.first())
            && !may_see(RESOURCES, from, to)
        {
            refuse(from, to);
        }
    }
    breaches
}

fn word_breaches(path: &str, code: &str) -> Vec<Breach> {
    let concerned = |places: &[&str]| {
        places.iter().any(|place| {
            let named = path.starts_with("src/resources/") && path.ends_with(place);
            if place.ends_with('/') { path.starts_with(place) } else { named }
        })
    };
    let found = FOREIGN_WORDS.iter().filter(|(places, _)| concerned(places)).flat_map(|(_, words)| *words);
    found
        .flat_map(|word| code.match_indices(word).map(move |(at, _)| (at, word)))
        .map(|(at, word)| format!("{path}:{}: {word:?} does not belong here", line_of(code, at)))
        .collect()
}

#[track_caller]
fn assert_none(breaches: &[Breach]) {
    assert!(breaches.is_empty(), "\n{}\n", breaches.join("\n"));
}

#[test]
fn imports_run_one_way() {
    let house = sources().into_iter().filter(|source| source.path.starts_with("src/"));
    let breaches: Vec<_> = house.flat_map(|source| import_breaches(&source.path, &source.code)).collect();
    assert_none(&breaches);
}

#[test]
fn every_module_has_its_place_in_the_order() {
    let mut unplaced = BTreeSet::new();
    for source in sources().iter().filter(|source| source.path.starts_with("src/")) {
        let module = module_of(&source.path);
        let placed = match module.as_slice() {
            ["resources", inner, ..] => rank(RESOURCES, inner).is_some(),
            [first, ..] => rank(HOUSE, first).is_some(),
            [] => true,
        };
        if !placed {
            unplaced.insert(format!(
                "{}: this module stands in no table of tests/api/architecture.rs",
                source.path
            ));
        }
    }
    assert_none(&unplaced.into_iter().collect::<Vec<_>>());
}

#[test]
fn words_stay_where_they_belong() {
    let all = sources().into_iter().filter(|source| source.path != "tests/api/architecture.rs");
    let breaches: Vec<_> = all.flat_map(|source| word_breaches(&source.path, &source.code)).collect();
    assert_none(&breaches);
}

#[test]
fn no_file_is_too_long() {
    let long = |source: &Source| {
        let lines = source.code.lines().count();
        (lines > LONGEST_FILE).then(|| format!("{}: {lines} lines; at most {LONGEST_FILE}", source.path))
    };
    assert_none(&sources().iter().filter_map(long).collect::<Vec<_>>());
}

#[test]
fn a_breach_is_noticed_however_the_path_is_written() {
    let table = [
        ("src/base/page.rs", "\nuse crate::http::Query;", "src/base/page.rs:2: base must not import http"),
        ("src/base/page.rs", "use crate::{base::Id, db};", "src/base/page.rs:1: base must not import db"),
        (
            "src/http/path.rs",
            "fn f() { crate::resources::routes() }",
            "src/http/path.rs:1: http must not import resources",
        ),
        (
            "src/http/server/tls.rs",
            "use super::super::super::cli;",
            "src/http/server/tls.rs:1: http must not import cli",
        ),
        (
            "src/security/mac.rs",
            "use crate::mail::Mail;",
            "src/security/mac.rs:1: security must not import mail",
        ),
        (
            "src/resources/audit/store.rs",
            "use crate::resources::tasks;",
            "src/resources/audit/store.rs:1: audit must not import tasks",
        ),
        (
            "src/resources/audit/store.rs",
            "use crate::resources::{\n    audit, tasks::x,\n};",
            "src/resources/audit/store.rs:1: audit must not import tasks",
        ),
        (
            "src/resources/audit/store.rs",
            "use super::super::tasks;",
            "src/resources/audit/store.rs:1: audit must not import tasks",
        ),
        (
            "src/resources/audit/store.rs",
            "\nmod tests {\n use super::super::super::tasks;",
            "src/resources/audit/store.rs:3: audit must not import tasks",
        ),
    ];
    for (path, code, breach) in table {
        assert_eq!(import_breaches(path, code), [breach], "{code}");
    }
    let good = [
        (
            "src/resources/tasks/store.rs",
            "use crate::resources::accounts; use super::model; use crate::base::{Id, text};",
        ),
        ("src/cli/user.rs", "use crate::{wiring, http::server}; use super::super::base;"),
        ("src/base/id.rs", "\nmod tests {\n use super::*; use super::super::text;"),
        ("src/base/id.rs", "macro_rules! m { () => { $crate::base::Id } } use othercrate::http;"),
    ];
    for (path, code) in good {
        assert_none(&import_breaches(path, code));
    }
    assert_eq!(word_breaches("src/resources/tasks/routes.rs", "let x = \"SELECT 1\";").len(), 1);
    assert_eq!(word_breaches("src/resources/tasks/store.rs", "use axum::Json;").len(), 1);
    assert_eq!(without_comments("a // crate::http\n/// crate::http\n\"https://x\""), "a\n\n\"https://x\"");
}
