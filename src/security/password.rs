//! Passwords: what is accepted, and how a hash is made and checked.

use argon2::{Algorithm, Argon2, Block, Params, Version};
use secrecy::{ExposeSecret, SecretString};
use subtle::ConstantTimeEq;

use super::common_passwords;
use crate::base::{Check, text};

/// What a new password must be: length, not composition (NIST SP 800-63B, section 3.1.1).
#[derive(Clone, Copy, Debug)]
pub struct PasswordRules {
    /// At least this many characters.
    pub min_length: usize,
    /// At most this many characters.
    pub max_length: usize,
    /// Whether common passwords are refused.
    pub refuse_common: bool,
}

impl PasswordRules {
    /// Accepts the password of `field`, or says why not. It is never trimmed.
    pub fn check(&self, check: &mut Check, field: &'static str, password: String) -> Option<SecretString> {
        let length = password.chars().count();
        if length < self.min_length {
            check.refuse(
                field,
                "too_short",
                format!("{field} needs at least {} characters.", self.min_length),
            );
        } else if length > self.max_length {
            check.refuse(
                field,
                "too_long",
                format!("{field} may have at most {} characters.", self.max_length),
            );
        } else if password.contains('\0') {
            check.refuse(field, "control_character", format!("{field} contains a NUL character."));
        } else if self.refuse_common && common_passwords::contains(&password) {
            check.refuse(field, "too_common", "This password is among the first that attackers try.");
        } else {
            return Some(SecretString::from(password));
        }
        None
    }
}

/// The cost of a hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Cost {
    pub memory_kib: u32,
    pub iterations: u32,
    pub parallelism: u32,
}

/// A stored hash costs what it says; one that says more than this is refused unrun (it was not made here).
const DEAREST: Cost = Cost { memory_kib: 1024 * 1024, iterations: 32, parallelism: 16 };

const SALT: usize = 16;
const OUTPUT: usize = 32;

/// A password hash in PHC form, such as `$argon2id$v=19$m=19456,t=2,p=1$…`.
#[derive(Clone, Debug)]
pub struct PasswordHash(pub String);

impl PasswordHash {
    /// Writes the PHC form of an output.
    pub(super) fn compose(cost: Cost, salt: [u8; SALT], output: [u8; OUTPUT]) -> Result<Self, String> {
        let text = phc::PasswordHash {
            algorithm: argon2::ARGON2ID_IDENT,
            version: Some(Version::V0x13.into()),
            params: phc::ParamsString::try_from(&cost.params()?).map_err(|error| error.to_string())?,
            salt: Some(phc::Salt::new(&salt).map_err(|error| error.to_string())?),
            hash: Some(phc::Output::new(&output).map_err(|error| error.to_string())?),
        };
        Ok(Self(text.to_string()))
    }
}

/// Hashes on one thread and keeps the memory between hashes: 19 MiB need not be mapped and cleared each time.
pub(super) struct Machine {
    memory: Vec<Block>,
}

impl Machine {
    pub(super) fn new() -> Self {
        Self { memory: Vec::new() }
    }

    pub(super) fn hash(
        &mut self,
        password: &SecretString,
        salt: [u8; SALT],
        cost: Cost,
    ) -> Result<PasswordHash, String> {
        let params = cost.params()?;
        let output = self.run(password, &salt, params)?;
        let output = output.try_into().map_err(|_| "the output has another length than asked for")?;
        PasswordHash::compose(cost, salt, output)
    }

    pub(super) fn verify(&mut self, password: &SecretString, hash: &PasswordHash) -> Result<bool, String> {
        let stored = phc::PasswordHash::new(&hash.0).map_err(|error| error.to_string())?;
        let (Some(salt), Some(expected)) = (&stored.salt, &stored.hash) else {
            return Err("the stored hash lacks salt or output".into());
        };
        if stored.algorithm != argon2::ARGON2ID_IDENT {
            return Err(format!("the stored hash is of the unknown kind {}", stored.algorithm));
        }
        let params = Params::try_from(&stored).map_err(|error| error.to_string())?;
        if params.m_cost() > DEAREST.memory_kib
            || params.t_cost() > DEAREST.iterations
            || params.p_cost() > DEAREST.parallelism
        {
            return Err("the stored hash asks for more memory or time than is allowed".into());
        }
        let output = self.run(password, salt.as_ref(), params)?;
        Ok(output.as_slice().ct_eq(expected.as_bytes()).into())
    }

    fn run(&mut self, password: &SecretString, salt: &[u8], params: Params) -> Result<Vec<u8>, String> {
        let normal = SecretString::from(text::nfkc(password.expose_secret()));
        self.memory.resize(params.block_count(), Block::default());
        let mut output = vec![0; params.output_len().unwrap_or(OUTPUT)];
        Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
            .hash_password_into_with_memory(
                normal.expose_secret().as_bytes(),
                salt,
                &mut output,
                self.memory.as_mut_slice(),
            )
            .map_err(|error| error.to_string())?;
        Ok(output)
    }
}

impl Cost {
    fn params(self) -> Result<Params, String> {
        Params::new(self.memory_kib, self.iterations, self.parallelism, Some(OUTPUT))
            .map_err(|error| error.to_string())
    }
}
