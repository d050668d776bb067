//! Access tokens: JWT (RFC 7519) of type `at+jwt` (RFC 9068), signed with EdDSA (RFC 8037), or on request with HS256 and
//! a secret that is shared with other services.

use std::sync::Arc;
use std::time::Duration;

use aws_lc_rs::digest;
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use quick_cache::sync::Cache;
use serde::{Deserialize, Serialize, Serializer};

use super::shared_secret::KID_PREFIX;
use super::{KeyRing, KeySet, SharedSecrets};
use crate::base::{Error, Id, Randomness, Result, Timestamp, codes};

/// How many verified tokens are remembered.
const REMEMBERED: usize = 8192;
/// A token longer than this is not ours; ours have about 450 bytes.
const LONGEST: usize = 4096;
/// How far ahead of the clock a token may have been made: clocks of two machines differ, and are set right.
const CLOCK_STEP: Duration = Duration::from_mins(1);
const TYPE: &str = "at+jwt";

/// What a token says. Types are checked strictly: a wrong JSON type is an invalid token (CVE-2026-25537).
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Claims {
    /// Who issued it.
    pub iss: String,
    /// For whom it is meant, when configured.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub aud: Option<String>,
    /// The account's public id.
    #[serde(with = "id_text")]
    pub sub: Id,
    /// The session's id.
    #[serde(with = "id_text")]
    pub sid: Id,
    /// The session's refresh counter when the token was made.
    pub r#gen: u64,
    /// When it was made, in seconds.
    pub iat: i64,
    /// When it stops being good, in seconds.
    pub exp: i64,
    /// Its own id.
    pub jti: String,
}

mod id_text {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    use crate::base::Id;

    pub fn serialize<S: Serializer>(id: &Id, serializer: S) -> Result<S::Ok, S::Error> {
        id.serialize(serializer)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Id, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// Whose token it is to be.
#[derive(Clone, Copy, Debug)]
pub struct Subject {
    /// The account's public id.
    pub account: Id,
    /// The session's id.
    pub session: Id,
    /// The session's refresh counter.
    pub counter: u64,
}

/// Claims that somebody's clients read besides ours, by name. They are written and never read again.
pub type Additions = [(&'static str, serde_json::Value)];

/// A token's content as it is written.
#[derive(Serialize)]
struct Written<'a> {
    #[serde(flatten)]
    claims: &'a Claims,
    #[serde(flatten, serialize_with = "written")]
    additions: &'a Additions,
}

fn written<S: Serializer>(additions: &Additions, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_map(additions.iter().map(|(name, value)| (name, value)))
}

/// Makes and verifies access tokens.
pub struct AccessTokens {
    keys: Arc<KeyRing>,
    issuer: String,
    audience: Option<String>,
    lifetime: Duration,
    shared: SharedSecrets,
    /// With the ring's epoch under which they were verified.
    verified: Cache<[u8; 32], (u64, Arc<Claims>)>,
}

impl AccessTokens {
    /// `lifetime` is that of every token that is given no other. They are signed with the shared secret, if there is one.
    pub fn new(
        keys: Arc<KeyRing>,
        issuer: String,
        audience: Option<String>,
        lifetime: Duration,
        shared: SharedSecrets,
    ) -> Self {
        Self { keys, issuer, audience, lifetime, shared, verified: Cache::new(REMEMBERED) }
    }

    /// How long a new token is good.
    pub fn lifetime(&self) -> Duration {
        self.lifetime
    }

    /// A token of this key set for one session at one refresh counter.
    ///
    /// # Errors
    /// Only when the signing key is broken, which start-up would have noticed.
    pub fn issue(
        &self,
        set: &KeySet,
        account: Id,
        session: Id,
        counter: u64,
        now: Timestamp,
        random: &dyn Randomness,
    ) -> Result<String> {
        self.issue_with(set, Subject { account, session, counter }, self.lifetime, &[], now, random)
    }

    /// The same with a lifetime of its own and more claims, none of which may bear the name of one of ours.
    ///
    /// # Errors
    /// As [`Self::issue`].
    pub fn issue_with(
        &self,
        set: &KeySet,
        subject: Subject,
        lifetime: Duration,
        additions: &Additions,
        now: Timestamp,
        random: &dyn Randomness,
    ) -> Result<String> {
        let claims = Claims {
            iss: self.issuer.clone(),
            aud: self.audience.clone(),
            sub: subject.account,
            sid: subject.session,
            r#gen: subject.counter,
            iat: now.seconds(),
            exp: now.plus(lifetime).seconds(),
            jti: random.bytes::<12>().iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}")),
        };
        let claims = serde_json::to_vec(&Written { claims: &claims, additions }).map_err(Error::internal)?;
        Ok(match &self.shared.current {
            Some(secret) => secret.sign(set, &claims),
            None => set.sign(&claims),
        })
    }

    /// The claims of a token that is ours and in force. A verified token is remembered by its hash until it expires or
    /// other key sets verify than then, so that its dear signature check is not repeated; its session is the caller's to
    /// look up, each time.
    ///
    /// # Errors
    /// `auth.invalid_token` or `auth.expired_token`.
    pub fn verify(&self, token: &str, now: Timestamp) -> Result<Arc<Claims>> {
        let invalid = || Error::new(&codes::INVALID_TOKEN);
        if token.len() > LONGEST {
            return Err(invalid());
        }
        let hash: [u8; 32] = digest::digest(&digest::SHA256, token.as_bytes())
            .as_ref()
            .try_into()
            .expect("SHA-256 has 32 bytes");
        // Read before the key set is looked up: what a revocation overtakes is verified again.
        let epoch = self.keys.epoch();
        let claims = match self.verified.get(&hash) {
            Some((then, remembered)) if then == epoch => remembered,
            _ => {
                let checked = Arc::new(self.check(token).ok_or_else(invalid)?);
                if checked.exp > now.seconds() {
                    self.verified.insert(hash, (epoch, Arc::clone(&checked)));
                }
                checked
            }
        };
        if claims.exp <= now.seconds() {
            self.verified.remove(&hash);
            return Err(Error::new(&codes::EXPIRED_TOKEN));
        }
        if claims.iat > now.plus(CLOCK_STEP).seconds() {
            let detail =
                "The access token was made in the future: the server's clock has been set back. Refresh it.";
            return Err(invalid().with_detail(detail));
        }
        Ok(claims)
    }

    /// Signature, type, issuer and audience. The key found by `kid` decides the algorithm, never the header.
    fn check(&self, token: &str) -> Option<Claims> {
        let header = jsonwebtoken::decode_header(token).ok()?;
        if !header.typ.is_some_and(|typ| typ.eq_ignore_ascii_case(TYPE)) {
            return None;
        }
        let kid = header.kid.as_deref()?;
        let (algorithm, id) = match kid.strip_prefix(KID_PREFIX) {
            Some(id) => (Algorithm::HS256, id),
            None => (Algorithm::EdDSA, kid),
        };
        let set = self.keys.find(id.parse().ok()?)?;
        if algorithm == Algorithm::HS256 {
            self.shared.verifying().find_map(|key| self.decode(token, key, algorithm))
        } else {
            self.decode(token, &set.verifying, algorithm)
        }
    }

    /// The claims, if this key made them with this algorithm and no other.
    fn decode(&self, token: &str, key: &DecodingKey, algorithm: Algorithm) -> Option<Claims> {
        let mut rules = Validation::new(algorithm);
        // Times are checked by our own clock, presence and type by the claims' own types.
        rules.validate_exp = false;
        rules.required_spec_claims.clear();
        rules.set_issuer(&[&self.issuer]);
        match &self.audience {
            Some(audience) => rules.set_audience(&[audience]),
            None => rules.validate_aud = false,
        }
        let claims = jsonwebtoken::decode::<Claims>(token, key, &rules).ok()?.claims;
        let plausible = claims.iss == self.issuer && claims.aud == self.audience && claims.iat <= claims.exp;
        plausible.then_some(claims)
    }
}
