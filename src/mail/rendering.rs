//! From one template to two bodies. A template is a text: its first line is the subject, then follow paragraphs with
//! empty lines between them. It is filled in twice, once as it stands and once as HTML, where every value is escaped.

use std::collections::HashMap;
use std::fs;
use std::path::Path;

use minijinja::value::Serde;
use minijinja::{AutoEscape, Environment, ErrorKind, State, UndefinedBehavior, Value};
use serde_json::{Value as Json, json};

use super::Template;
use super::setup::Problem;
use crate::config;

const LAYOUT: &str = include_str!("../../templates/mail/layout.html");
/// The language that is always there.
const BUILT_IN: &str = "en";
const FRAME: &str = "layout.html";

/// A mail's words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rendered {
    /// One line.
    pub subject: String,
    /// The plain body.
    pub text: String,
    /// The same with marks.
    pub html: String,
}

/// What a mail offers to its receiver.
#[derive(Clone, Debug, Default)]
pub(super) struct Offer {
    /// The address of a page.
    pub link: String,
    /// Characters to type there instead.
    pub code: String,
    /// For how many hours both are good.
    pub hours: u64,
}

/// Every template in every language, checked.
pub struct Templates {
    engine: Environment<'static>,
    sources: HashMap<(String, &'static str), String>,
    language: String,
    product: String,
    colour: String,
    home: String,
}

impl Templates {
    /// The built-in templates, and what the operator's folder replaces of them. What is wrong with the folder is told and
    /// left out. `home` is the address of this installation, if it has one.
    pub fn load(settings: &config::Mail, home: Option<&str>) -> (Self, Vec<Problem>) {
        let mut problems = Vec::new();
        let colour = if is_colour(&settings.colour) {
            settings.colour.clone()
        } else {
            let words = format!("mail.colour is {:?}; it must be like #27506f.", settings.colour);
            problems.push(Problem::new("mail.colour", words));
            config::Config::default().mail.colour
        };
        let mut templates = Self {
            engine: engine(),
            sources: HashMap::new(),
            language: settings.language.clone(),
            product: one_line(&settings.product),
            colour,
            home: home.unwrap_or_default().to_owned(),
        };
        templates.engine.add_template(FRAME, LAYOUT).expect("the built-in frame is well-formed");
        if let Some(folder) = &settings.templates {
            templates.read_folder(folder, &mut problems);
        }
        let spoken = templates.language == BUILT_IN
            || templates.sources.keys().any(|(language, _)| *language == templates.language);
        if !spoken {
            let words = format!(
                "mail.language is {:?}, and mail.templates has no folder of that name; mails are in English.",
                templates.language
            );
            problems.push(Problem::new("mail.language", words));
        }
        (templates, problems)
    }

    fn read_folder(&mut self, folder: &Path, problems: &mut Vec<Problem>) {
        let unreadable = |path: &Path, error: &dyn std::fmt::Display| {
            Problem::new("mail.templates", format!("{} (mail.templates): {error}.", path.display()))
        };
        let entries = match fs::read_dir(folder) {
            Ok(entries) => entries,
            Err(error) => return problems.push(unreadable(folder, &error)),
        };
        let frame = folder.join(FRAME);
        if frame.exists() {
            let replaced = fs::read_to_string(&frame)
                .map_err(|error| error.to_string())
                .and_then(|source| self.replace_frame(source));
            if let Err(why) = replaced {
                problems.push(unreadable(&frame, &why));
            }
        }
        for language in entries.flatten().filter(|entry| entry.path().is_dir()) {
            let word = language.file_name().to_string_lossy().into_owned();
            for template in Template::ALL {
                let path = language.path().join(format!("{}.txt", template.name()));
                if !path.exists() {
                    continue;
                }
                let tried = fs::read_to_string(&path).map_err(|error| error.to_string()).and_then(|source| {
                    self.fill(template, &word, &source, &template.sample(), &sample_offer())?;
                    Ok(source)
                });
                match tried {
                    Ok(source) => drop(self.sources.insert((word.clone(), template.name()), source)),
                    Err(why) => problems.push(unreadable(&path, &why)),
                }
            }
        }
    }

    fn replace_frame(&mut self, source: String) -> Result<(), String> {
        self.engine.add_template_owned(FRAME, source).map_err(|error| error.to_string())?;
        let template = Template::Welcome;
        let tried = self.fill(template, BUILT_IN, template.source(), &template.sample(), &sample_offer());
        tried.map(drop).inspect_err(|_| {
            self.engine.add_template(FRAME, LAYOUT).expect("the built-in frame is well-formed");
        })
    }

    /// The language that mails are written in.
    pub fn language(&self) -> &str {
        &self.language
    }

    /// What this installation is called.
    pub fn product(&self) -> &str {
        &self.product
    }

    /// Its colour: a number sign and three or six hexadecimal digits.
    pub fn colour(&self) -> &str {
        &self.colour
    }

    /// A template with made-up values, to look at.
    ///
    /// # Errors
    /// A sentence, when a replaced template cannot be filled in.
    pub fn preview(&self, template: Template, language: &str) -> Result<Rendered, String> {
        self.fill(template, language, self.source(template, language), &template.sample(), &sample_offer())
    }

    /// A mail's words.
    pub(super) fn render(
        &self,
        template: Template,
        variables: &Json,
        offer: &Offer,
    ) -> Result<Rendered, String> {
        self.fill(template, &self.language, self.source(template, &self.language), variables, offer)
    }

    fn source(&self, template: Template, language: &str) -> &str {
        let find = |language: &str| self.sources.get(&(language.to_owned(), template.name()));
        find(language).or_else(|| find(BUILT_IN)).map_or(template.source(), String::as_str)
    }

    fn fill(
        &self,
        template: Template,
        language: &str,
        source: &str,
        variables: &Json,
        offer: &Offer,
    ) -> Result<Rendered, String> {
        let mut all = json!({
            "product": self.product, "colour": self.colour, "home": self.home, "language": language,
            "link": offer.link, "code": offer.code, "hours": offer.hours,
        });
        if let (Some(all), Json::Object(own)) = (all.as_object_mut(), variables) {
            all.extend(own.clone());
        }
        let as_text = self.run(&format!("{}.txt", template.name()), source, &all)?;
        let (subject, text) = as_text.split_once('\n').unwrap_or((&as_text, ""));
        let as_html = self.run(&format!("{}.html", template.name()), source, &all)?;
        let (_, marked) = as_html.split_once('\n').unwrap_or((&as_html, ""));
        let subject = one_line(subject);
        all["subject"] = Json::from(subject.clone());
        all["paragraphs"] = Json::from(paragraphs(marked));
        let frame = self.engine.get_template(FRAME).map_err(|error| words(&error))?;
        let html = frame.render(Value::from(Serde(&all))).map_err(|error| words(&error))?;
        let text = format!("{}\n\n-- \n{}\n{}", text.trim(), self.product, self.home);
        Ok(Rendered { subject, text: text.trim_end().to_owned() + "\n", html })
    }

    fn run(&self, name: &str, source: &str, variables: &Json) -> Result<String, String> {
        let template = self.engine.template_from_named_str(name, source).map_err(|error| words(&error))?;
        template.render(Value::from(Serde(variables))).map_err(|error| words(&error))
    }
}

fn words(error: &minijinja::Error) -> String {
    let place = error.line().map(|line| format!(" in line {line}")).unwrap_or_default();
    format!("{error}{place}")
}

fn engine() -> Environment<'static> {
    let mut engine = Environment::new();
    engine.set_undefined_behavior(UndefinedBehavior::SemiStrict);
    engine.set_auto_escape_callback(|name| {
        if name.strip_suffix(".html").is_some() { AutoEscape::Html } else { AutoEscape::None }
    });
    engine.add_function("button", button);
    engine.add_function("code_box", code_box);
    engine
}

/// The link of the mail: a button in HTML, the bare address in text.
fn button(state: &State, link: &str, label: &str) -> Result<Value, minijinja::Error> {
    if link.is_empty() {
        return Err(minijinja::Error::new(ErrorKind::InvalidOperation, "this mail has no link"));
    }
    Ok(match state.auto_escape() {
        AutoEscape::Html => {
            let (link, label) = (escaped(link), escaped(label));
            let colour = state.lookup("colour").unwrap_or_default();
            let style = format!(
                "display:inline-block;padding:12px 20px;border-radius:6px;background:{colour};color:#ffffff;\
                 text-decoration:none;font-weight:600"
            );
            Value::from_safe_string(format!("<a href=\"{link}\" style=\"{style}\">{label}</a>"))
        }
        _ => Value::from(format!("{label}:\n{link}")),
    })
}

/// The code to type instead, easy to read off.
fn code_box(state: &State, code: &str) -> Value {
    match state.auto_escape() {
        AutoEscape::Html => Value::from_safe_string(format!(
            "<span style=\"font-family:monospace;font-size:22px;letter-spacing:3px\">{}</span>",
            escaped(code)
        )),
        _ => Value::from(format!("    {code}")),
    }
}

fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            other => out.push(other),
        }
    }
    out
}

/// What stands between empty lines; single line ends are kept, so that addresses stay on lines of their own.
fn paragraphs(marked: &str) -> Vec<String> {
    let parts = marked.split("\n\n").map(str::trim).filter(|part| !part.is_empty());
    parts.map(|part| part.replace('\n', "<br>\n")).collect()
}

/// Nothing that could end a header line.
fn one_line(text: &str) -> String {
    let plain: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    plain.trim().to_owned()
}

fn is_colour(text: &str) -> bool {
    text.strip_prefix('#').is_some_and(|digits| {
        matches!(digits.len(), 3 | 6) && digits.bytes().all(|byte| byte.is_ascii_hexdigit())
    })
}

fn sample_offer() -> Offer {
    Offer {
        link: "https://accounts.example.org/account/verify?token=EXAMPLE".into(),
        code: "K7QM-3XTD".into(),
        hours: 1,
    }
}

#[cfg(test)]
mod tests;
