//! HS256 tokens that say nothing but an account's number.

use std::sync::LazyLock;
use std::time::{SystemTime, UNIX_EPOCH};

use axum::extract::FromRequestParts;
use axum::http::StatusCode;
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation, decode, encode};
use serde::{Deserialize, Serialize};

const SECRET: &[u8] = b"for measurements only, known to all";
const LIFETIME_SECS: u64 = 3600;

static RULES: LazyLock<(DecodingKey, Validation)> =
    LazyLock::new(|| (DecodingKey::from_secret(SECRET), Validation::new(Algorithm::HS256)));

#[derive(Serialize, Deserialize)]
struct Claims {
    sub: i64,
    exp: u64,
}

/// A token that is good for an hour.
pub fn issue(account: i64) -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("it is later than 1970").as_secs();
    let claims = Claims { sub: account, exp: now + LIFETIME_SECS };
    encode(&Header::default(), &claims, &EncodingKey::from_secret(SECRET)).expect("HS256 signs anything")
}

/// Extractor: the account of a good token.
pub struct Caller(pub i64);

impl<S: Send + Sync> FromRequestParts<S> for Caller {
    type Rejection = StatusCode;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, StatusCode> {
        let line = parts.headers.get(AUTHORIZATION).and_then(|line| line.to_str().ok());
        let token = line.and_then(|line| line.strip_prefix("Bearer ")).ok_or(StatusCode::UNAUTHORIZED)?;
        let (key, rules) = &*RULES;
        let token = decode::<Claims>(token, key, rules).map_err(|_| StatusCode::UNAUTHORIZED)?;
        Ok(Self(token.claims.sub))
    }
}
