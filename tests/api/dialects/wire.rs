//! Where exchanges are played: at the router of an application, or at a base address.

use axum::Router;
use axum::body::Body;
use axum::http::Request;
use tower::ServiceExt;

use crate::support::{Answer, PATIENCE};

/// Takes requests.
#[derive(Clone)]
pub enum Wire {
    /// Of an application in this process.
    Router(Router),
    /// Of a server somewhere.
    Address(ureq::Agent, String),
}

impl Wire {
    pub fn to_address(base: String) -> Self {
        let config = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .timeout_global(Some(PATIENCE));
        Self::Address(config.build().new_agent(), base)
    }

    /// Sends one request; `path` is that below the base.
    pub async fn send(
        &self,
        method: &str,
        path: &str,
        headers: Vec<(String, String)>,
        body: Vec<u8>,
    ) -> Answer {
        let mut request = Request::builder().method(method);
        for (name, value) in headers {
            request = request.header(name, value);
        }
        match self {
            Self::Router(router) => {
                let request = request.uri(path).header("host", "portcullis.test").body(Body::from(body));
                Answer::read(router.clone().oneshot(request.unwrap()).await.unwrap()).await
            }
            Self::Address(agent, base) => {
                let (agent, uri) = (agent.clone(), format!("{base}{path}"));
                let asked = tokio::task::spawn_blocking(move || {
                    let request = request.uri(uri);
                    let response = if body.is_empty() {
                        agent.run(request.body(()).unwrap())
                    } else {
                        agent.run(request.body(body).unwrap())
                    };
                    let (parts, mut body) = response.unwrap().into_parts();
                    Answer::new(parts.status, parts.headers, body.read_to_vec().unwrap().into())
                });
                asked.await.unwrap()
            }
        }
    }
}
