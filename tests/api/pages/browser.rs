//! A browser without scripts: it keeps cookies, and sends the forms that it was shown.

use std::collections::BTreeMap;

use axum::http::Method;

use crate::support::{Anonymous, Answer, PASSWORD, TestApp};

#[derive(Clone)]
pub struct Browser {
    pub caller: Anonymous,
    pub cookies: BTreeMap<String, String>,
    /// That of the page that was shown last.
    pub form_token: String,
}

impl Browser {
    pub fn new(app: &TestApp) -> Self {
        Self::of(app.anonymous())
    }

    /// One that sends some headers with each request.
    pub fn of(caller: Anonymous) -> Self {
        Self { caller, cookies: BTreeMap::new(), form_token: String::new() }
    }

    /// One that is signed in.
    pub async fn signed_in(app: &TestApp, name: &str) -> Self {
        let mut browser = Self::new(app);
        browser.sign_in(name, PASSWORD).await;
        browser
    }

    pub async fn sign_in(&mut self, login: &str, password: &str) {
        self.open("/account/sign-in").await.expect(200);
        let answer = self.send("/account/sign-in", &[("login", login), ("password", password)]).await;
        self.follow(&answer, "/account").await;
    }

    fn cookie_line(&self) -> String {
        self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("; ")
    }

    fn keep(&mut self, answer: &Answer) {
        for line in answer.headers.get_all("set-cookie") {
            let (pair, rest) = line.to_str().unwrap().split_once(';').unwrap();
            let (name, value) = pair.split_once('=').unwrap();
            if rest.contains("Max-Age=0") {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        if let Some(token) = value_of(&answer.text, "form_token") {
            self.form_token = token;
        }
    }

    pub async fn open(&mut self, path: &str) -> Answer {
        let answer = self.caller.header("cookie", &self.cookie_line()).get(path).await;
        self.keep(&answer);
        answer
    }

    /// Sends a form with the token of the page that was shown last.
    pub async fn send(&mut self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let token = self.form_token.clone();
        let fields: Vec<_> = fields.iter().copied().chain([("form_token", token.as_str())]).collect();
        self.post(path, &fields).await
    }

    /// Sends these fields and no other.
    pub async fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let caller = self.caller.header("cookie", &self.cookie_line());
        let caller = caller.header("content-type", "application/x-www-form-urlencoded");
        let answer = caller.send(Method::POST, path, body).await;
        self.keep(&answer);
        answer
    }

    /// Goes where the answer to a form leads, which must be here.
    #[track_caller]
    pub fn follow(&mut self, answer: &Answer, path: &str) -> impl Future<Output = Answer> {
        assert_eq!((answer.status.as_u16(), answer.header("location")), (303, path), "{answer:#?}");
        let path = path.to_owned();
        async move { self.open(&path).await.expect(200) }
    }

    /// The name that the account page shows, or nothing when nobody is signed in.
    pub async fn whoami(&mut self) -> Option<String> {
        let answer = self.open("/account").await;
        (answer.status == 200).then(|| {
            let (_, rest) = answer.text.split_once("<dt>User name</dt><dd>").unwrap();
            rest.split('<').next().unwrap().to_owned()
        })
    }
}

/// The value of a field on a page.
pub fn value_of(page: &str, name: &str) -> Option<String> {
    let (_, rest) = page.split_once(&format!("name=\"{name}\" "))?;
    let tag = rest.split('>').next()?;
    let (_, value) = tag.split_once("value=\"")?;
    Some(value.split('"').next()?.to_owned())
}
