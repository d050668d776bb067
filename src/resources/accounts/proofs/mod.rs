//! What a mail proves: that an address is somebody's, and hence who may have a new password.
//!
//! A proof is a token in a link, or a code to type. It is good once, for one purpose and one account, for a short time from
//! the moment the mail left, and void when the password or the address changes. Showing a link consumes nothing: only
//! these services do, and no GET leads to them.

mod address;
mod dto;
mod password;
mod requests;
mod routes;
mod shown;
mod store;

pub use address::{change_address, verify};
pub use dto::{AddressRequest, EmailRequest, ResetRequest, VerifyRequest};
pub use password::reset;
pub use requests::{Wish, request};
pub(super) use requests::{demand_links, may_mail};
pub use routes::routes;
pub use shown::Shown;
