//! What keeps strangers out: password hashing, token signing, key sets, MACs, and the index of live sessions.

pub mod access_token;
pub mod age;
mod common_passwords;
mod flights;
mod hasher;
mod index;
mod key_material;
mod key_sets;
pub mod keys;
mod mac;
mod password;
pub mod refresh_token;
mod refusals;
mod seal;

pub use access_token::{AccessTokens, Claims};
pub use flights::{Flights, Landed};
pub use hasher::{Hasher, HasherSettings};
pub use index::{AccountEntry, SessionEntry, SessionIndex, Stamp};
pub use key_sets::open_ring;
pub use keys::{KeyRing, KeySet, KeyState};
pub use mac::Mac;
pub use password::{PasswordHash, PasswordRules};
pub use refresh_token::RefreshToken;
pub use refusals::{Leave, Refusals};
pub use seal::MasterKey;
