use super::*;
use crate::config::Config;

fn settings() -> config::Mail {
    Config::default().mail
}

fn built_in() -> Templates {
    let (templates, problems) = Templates::load(&settings(), Some("https://id.example.org"));
    assert_eq!(problems, []);
    templates
}

#[test]
fn every_template_makes_a_subject_and_two_bodies() {
    for template in Template::ALL {
        let rendered = built_in().preview(template, "en").unwrap();
        let name = template.name();
        assert!(!rendered.subject.is_empty() && !rendered.subject.contains('\n'), "{name}");
        assert!(rendered.text.contains("Portcullis\nhttps://id.example.org"), "{name}: {}", rendered.text);
        assert!(
            rendered.html.contains("</html>") && rendered.html.contains("<p "),
            "{name}: {}",
            rendered.html
        );
        for body in [&rendered.text, &rendered.html] {
            assert_eq!(body.contains("token=EXAMPLE"), template.page().is_some(), "{name}: {body}");
            assert_eq!(body.contains("K7QM-3XTD"), template.page().is_some(), "{name}: {body}");
            assert!(!body.contains("{{") && !body.contains("{%"), "{name}: {body}");
        }
        assert_eq!(Template::named(name), Some(template));
    }
    assert_eq!(Template::named("nonsense"), None);
}

#[test]
fn what_people_typed_is_text_and_no_markup() {
    let variables = json!({ "name": "<b>Ada</b> & \"co\"\r\nBcc: x@example.com" });
    let offer = Offer { link: "https://x.example/?a=1&b=\"2\"".into(), ..sample_offer() };
    let rendered = built_in().render(Template::ResetPassword, &variables, &offer).unwrap();
    assert!(!rendered.html.contains("<b>"), "{}", rendered.html);
    assert!(rendered.html.contains("&lt;b&gt;Ada"), "{}", rendered.html);
    assert!(rendered.html.contains("a=1&amp;b=&quot;2&quot;"), "{}", rendered.html);
    assert!(rendered.text.contains("<b>Ada</b> & \"co\""), "{}", rendered.text);
}

#[test]
fn a_name_in_a_subject_stays_on_its_line() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("en")).unwrap();
    fs::write(folder.path().join("en/welcome.txt"), "Hello {{ name }}\n\nbody\n").unwrap();
    let settings = config::Mail { templates: Some(folder.path().to_owned()), ..settings() };
    let (templates, problems) = Templates::load(&settings, None);
    assert_eq!(problems, []);
    let variables = json!({ "name": "Ada\u{b}\u{7}x" });
    assert_eq!(
        templates.render(Template::Welcome, &variables, &Offer::default()).unwrap().subject,
        "Hello Ada  x"
    );
}

#[test]
fn an_operators_template_replaces_ours_and_a_broken_one_is_told_and_left_out() {
    let folder = tempfile::tempdir().unwrap();
    for language in ["en", "de"] {
        fs::create_dir(folder.path().join(language)).unwrap();
    }
    let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
    write("de/welcome.txt", "Willkommen bei {{ product }}\n\nGuten Tag {{ name }}!\n");
    write("de/reset_password.txt", "Passwort\n\n{{ nobody_knows_this }}\n");
    write("en/password_changed.txt", "Changed {% if\n");
    write("layout.html", "<main>{% for p in paragraphs %}{{ p|safe }}{% endfor %}</main>");
    let settings = config::Mail {
        templates: Some(folder.path().to_owned()),
        language: "de".into(),
        product: "Torhaus".into(),
        colour: "rot".into(),
        ..settings()
    };
    let (templates, problems) = Templates::load(&settings, None);
    let about = |word: &str| problems.iter().filter(|problem| problem.words.contains(word)).count();
    assert_eq!((problems.len(), about("mail.colour")), (3, 1), "{problems:?}");
    assert_eq!((about("de/reset_password.txt"), about("en/password_changed.txt")), (1, 1), "{problems:?}");
    let welcome = templates.preview(Template::Welcome, "de").unwrap();
    assert_eq!(welcome.subject, "Willkommen bei Torhaus");
    assert_eq!(welcome.html, "<main>Guten Tag Ada Lovelace!</main>");
    // What no folder has is built in.
    assert_eq!(templates.preview(Template::ResetPassword, "de").unwrap().subject, "Choose a new password");
    assert_eq!(
        templates.preview(Template::PasswordChanged, "en").unwrap().subject,
        "Your password was changed"
    );
}

#[test]
fn a_language_without_templates_and_a_broken_frame_are_told() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("layout.html"), "{% for %}").unwrap();
    let settings =
        config::Mail { templates: Some(folder.path().to_owned()), language: "xx".into(), ..settings() };
    let (templates, problems) = Templates::load(&settings, None);
    assert_eq!(problems.len(), 2, "{problems:?}");
    assert!(
        problems[0].words.contains("layout.html") && problems[1].setting == "mail.language",
        "{problems:?}"
    );
    assert!(templates.preview(Template::Test, "xx").unwrap().html.contains("</html>"));
}
