//! Placeholders: `{{name}}` in what is sent stands for a captured value; in what is expected it may also stand for
//! anything of a form.

use std::collections::BTreeMap;

use serde_json::Value;

/// Captured values by name.
pub type Captured = BTreeMap<String, Value>;

/// The value with every placeholder replaced. A text that is nothing but a placeholder becomes the value itself.
#[track_caller]
pub fn filled(value: &Value, captured: &Captured) -> Value {
    match value {
        Value::String(text) => match whole(text).and_then(|name| captured.get(name)) {
            Some(found) => found.clone(),
            None => filled_text(text, captured).into(),
        },
        Value::Array(elements) => elements.iter().map(|element| filled(element, captured)).collect(),
        Value::Object(members) => {
            members.iter().map(|(name, value)| (name.clone(), filled(value, captured))).collect()
        }
        other => other.clone(),
    }
}

/// The same within a text. Forms, which only expectations know, stay as they are.
pub fn filled_text(text: &str, captured: &Captured) -> String {
    let mut filled = text.to_owned();
    for (name, value) in captured {
        let written = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        filled = filled.replace(&format!("{{{{{name}}}}}"), &written);
    }
    filled
}

fn whole(text: &str) -> Option<&str> {
    text.strip_prefix("{{")?.strip_suffix("}}").filter(|name| !name.contains("{{"))
}

/// What does not fit, with its place; `None` when all does. Objects have exactly the expected members.
pub fn misfit(expected: &Value, found: &Value, place: &str) -> Option<String> {
    match (expected, found) {
        (Value::String(text), _) if whole(text).is_some() => {
            let form = whole(text).unwrap_or_default();
            (!has_form(form, found)).then(|| format!("{place}: {found} is no {form}"))
        }
        (Value::Object(wanted), Value::Object(members)) => {
            let extra = members.keys().find(|name| !wanted.contains_key(*name));
            if let Some(extra) = extra {
                return Some(format!("{place}/{extra}: not expected"));
            }
            wanted.iter().find_map(|(name, wanted)| match members.get(name) {
                Some(member) => misfit(wanted, member, &format!("{place}/{name}")),
                None => Some(format!("{place}/{name}: missing")),
            })
        }
        (Value::Array(wanted), Value::Array(elements)) if wanted.len() == elements.len() => {
            let mut pairs = wanted.iter().zip(elements).enumerate();
            pairs.find_map(|(index, (wanted, element))| misfit(wanted, element, &format!("{place}/{index}")))
        }
        _ => (expected != found).then(|| format!("{place}: {found} instead of {expected}")),
    }
}

fn has_form(form: &str, found: &Value) -> bool {
    let text = found.as_str();
    match form {
        "any" => true,
        "string" => text.is_some_and(|text| !text.is_empty()),
        "integer" => found.is_i64(),
        "list" => found.is_array(),
        "object" => found.is_object(),
        "uuid" => text.is_some_and(|text| text.len() == 36 && text.matches('-').count() == 4),
        "object id" => {
            text.is_some_and(|text| text.len() == 24 && text.bytes().all(|c| c.is_ascii_hexdigit()))
        }
        "address" => text.is_some_and(|text| text.starts_with("http://") || text.starts_with("https://")),
        "jwt" => text.is_some_and(|text| text.split('.').filter(|part| !part.is_empty()).count() == 3),
        "http date" => {
            text.is_some_and(|text| text.len() == 29 && text.ends_with(" GMT") && &text[3..5] == ", ")
        }
        other => panic!("{other} is neither captured nor a form"),
    }
}

#[test]
fn an_expectation_can_fail() {
    use serde_json::json;
    let captured = Captured::from([("id".to_owned(), json!(7)), ("run".to_owned(), json!("x"))]);
    assert_eq!(
        filled(&json!({ "a": ["{{id}}", "n-{{run}}-{{id}}"] }), &captured),
        json!({ "a": [7, "n-x-7"] })
    );
    for (expected, found, fits) in [
        (json!({ "a": 1 }), json!({ "a": 1 }), true),
        (json!({ "a": 1 }), json!({ "a": 1, "b": 2 }), false),
        (json!({ "a": 1 }), json!({}), false),
        (json!({ "a": "{{integer}}" }), json!({ "a": "1" }), false),
        (json!("{{http date}}"), json!("Sat, 29 Nov 2025 03:19:52 GMT"), true),
        (json!("{{http date}}"), json!("2025-11-29T03:19:52.000Z"), false),
        (json!(["{{any}}"]), json!([]), false),
        (json!("{{jwt}}"), json!("a.b."), false),
        (json!("{{object id}}"), json!("00000000000000000000000a"), true),
        (json!("{{object id}}"), json!("7"), false),
        (json!("{{address}}"), json!("javascript:alert(1)"), false),
    ] {
        assert_eq!(misfit(&expected, &found, "").is_none(), fits, "{expected} {found}");
    }
}
