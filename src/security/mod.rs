//! What keeps strangers out: password hashing, token signing, key sets, MACs, and the index of live sessions.

pub mod access_token;
pub mod age;
mod common_passwords;
mod flights;
mod hasher;
mod index;
mod key_keeper;
mod key_material;
mod key_ring;
pub mod key_sets;
pub mod keys;
mod limits;
mod mac;
pub mod mail_proof;
mod password;
pub mod refresh_token;
mod refusals;
mod seal;
mod shared_secret;

pub use access_token::{AccessTokens, Additions, Claims, Subject};
pub use flights::{Flights, Landed};
pub use hasher::{Hasher, HasherSettings};
pub use index::{AccountEntry, SessionEntry, SessionIndex, Stamp};
pub use key_keeper::{Demand, KeyKeeper, KeyPlace};
pub use key_ring::KeyRing;
pub use keys::{KeyId, KeySet, KeyState};
pub use limits::{AddressBlock, Door, Limits, Notice};
pub use mac::Mac;
pub use password::{PasswordHash, PasswordRules};
pub use refresh_token::RefreshToken;
pub use refusals::{Leave, Refusals};
pub use seal::MasterKey;
pub use shared_secret::{SharedSecret, SharedSecrets};
