//! Every error code of the house with its status and its standing sentence. `docs/errors.md` is made from this table.

/// The classes of failure, each with one HTTP status.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// 400: the bytes could not be read as what they claim to be.
    Malformed,
    /// 401: nobody, or nobody any more.
    Unauthenticated,
    /// 403: known, and not allowed.
    Forbidden,
    /// 404: not there, or not yours.
    NotFound,
    /// 405: the path exists, the method does not.
    MethodNotAllowed,
    /// 408: the request did not arrive in time.
    Timeout,
    /// 409: it clashes with what is there.
    Conflict,
    /// 412: the caller's copy is stale.
    PreconditionFailed,
    /// 413: more bytes than allowed.
    TooLarge,
    /// 415: a content type that the route does not take.
    UnsupportedMedia,
    /// 414: the address is longer than any of ours.
    AddressTooLong,
    /// 416: a part that the content does not have.
    RangeNotSatisfiable,
    /// 422: read, understood and refused.
    Invalid,
    /// 429: too often.
    RateLimited,
    /// 431: more of a head than allowed.
    HeadersTooLarge,
    /// 500: our fault.
    Internal,
    /// 503: not now.
    Unavailable,
}

impl Kind {
    /// The HTTP status and its registered phrase (RFC 9110, section 15).
    pub const fn status(self) -> (u16, &'static str) {
        match self {
            Self::Malformed => (400, "Bad Request"),
            Self::Unauthenticated => (401, "Unauthorized"),
            Self::Forbidden => (403, "Forbidden"),
            Self::NotFound => (404, "Not Found"),
            Self::MethodNotAllowed => (405, "Method Not Allowed"),
            Self::Timeout => (408, "Request Timeout"),
            Self::Conflict => (409, "Conflict"),
            Self::PreconditionFailed => (412, "Precondition Failed"),
            Self::TooLarge => (413, "Content Too Large"),
            Self::UnsupportedMedia => (415, "Unsupported Media Type"),
            Self::AddressTooLong => (414, "URI Too Long"),
            Self::RangeNotSatisfiable => (416, "Range Not Satisfiable"),
            Self::Invalid => (422, "Unprocessable Content"),
            Self::RateLimited => (429, "Too Many Requests"),
            Self::HeadersTooLarge => (431, "Request Header Fields Too Large"),
            Self::Internal => (500, "Internal Server Error"),
            Self::Unavailable => (503, "Service Unavailable"),
        }
    }
}

/// One stable error code.
#[derive(Debug, PartialEq, Eq)]
pub struct Code {
    /// The word on the wire, such as `task.not_found`; it never changes its meaning.
    pub name: &'static str,
    /// Its class, hence its status.
    pub kind: Kind,
    /// The sentence people read when nothing more precise is known.
    pub meaning: &'static str,
}

macro_rules! codes {
    ($($constant:ident = $kind:ident $name:literal $meaning:literal;)*) => {
        $(
            #[doc = $meaning]
            pub static $constant: Code = Code { name: $name, kind: Kind::$kind, meaning: $meaning };
        )*
        /// All codes, sorted as written here.
        pub static ALL: &[&Code] = &[$(&$constant),*];
    };
}

codes! {
    MALFORMED_BODY = Malformed "body.malformed" "The body is not well-formed JSON.";
    MALFORMED_REQUEST = Malformed "request.malformed" "The request could not be read.";
    HEADERS_TOO_LARGE = HeadersTooLarge "request.headers_too_large" "The request has more header fields, or larger ones, than this server accepts.";
    ADDRESS_TOO_LONG = AddressTooLong "request.address_too_long" "The address is longer than this server accepts.";
    BODY_TIMEOUT = Timeout "body.timeout" "The body did not arrive in time.";
    BODY_TOO_LARGE = TooLarge "body.too_large" "The body is larger than this server accepts.";
    UNSUPPORTED_MEDIA = UnsupportedMedia "body.unsupported_media_type" "This route takes application/json.";
    INVALID = Invalid "request.invalid" "Some fields are missing or wrong; see errors.";
    INVALID_CURSOR = Invalid "cursor.invalid" "This cursor does not belong to this list. Start again without a cursor.";
    IDEMPOTENCY_KEY_REUSED = Invalid "idempotency_key.reused" "This Idempotency-Key was used with another body within the last 24 hours. Use a new key.";
    ROUTE_NOT_FOUND = NotFound "route.not_found" "There is nothing at this address. The API is described at /docs.";
    METHOD_NOT_ALLOWED = MethodNotAllowed "route.method_not_allowed" "This address does not take this method; see the Allow header.";
    STALE = PreconditionFailed "precondition.failed" "The item has changed since you read it. Read it again and repeat the change.";

    MISSING_TOKEN = Unauthenticated "auth.missing_token" "This call needs an access token: Authorization: Bearer <token>.";
    INVALID_TOKEN = Unauthenticated "auth.invalid_token" "The access token is not valid.";
    EXPIRED_TOKEN = Unauthenticated "auth.expired_token" "The access token has expired. Refresh it.";
    SESSION_ENDED = Unauthenticated "auth.session_ended" "This session has ended. Sign in again.";
    INVALID_REFRESH_TOKEN = Unauthenticated "auth.invalid_refresh_token" "The refresh token is not valid. Sign in again.";
    INVALID_PROOF = Unauthenticated "auth.invalid_proof" "This link or code is not valid: it was used, has expired, or something newer has taken its place. Ask for another mail.";
    INVALID_CREDENTIALS = Unauthenticated "auth.invalid_credentials" "The login or the password is wrong.";
    INVALID_PASSWORD = Forbidden "account.wrong_password" "The current password is wrong.";
    ACCOUNT_PENDING = Forbidden "account.pending" "This account waits for approval.";
    EMAIL_UNVERIFIED = Forbidden "account.email_unverified" "The e-mail address of this account has not been verified. Look for the mail, or ask for another one.";
    ACCOUNT_DISABLED = Forbidden "account.disabled" "This account is disabled.";
    REGISTRATION_CLOSED = Forbidden "registration.closed" "This server does not take registrations. Ask its administrator for an account.";
    FOREIGN_FORM = Forbidden "page.foreign_form" "This form was not shown by this site in this browser, or you have signed in or out since. Open the page again and repeat.";
    FORBIDDEN = Forbidden "auth.forbidden" "Your role does not allow this.";
    EMAIL_TAKEN = Conflict "account.email_taken" "An account with this e-mail address exists.";
    USERNAME_TAKEN = Conflict "account.username_taken" "An account with this user name exists.";
    NOT_PENDING = Conflict "account.not_pending" "This account does not wait for approval.";
    NOT_ACTIVE = Conflict "account.not_active" "This account is not active.";
    NOT_DISABLED = Conflict "account.not_disabled" "This account is not disabled.";
    LAST_ADMIN = Conflict "account.last_admin" "This is the last active administrator. Appoint another one first.";

    ACCOUNT_NOT_FOUND = NotFound "account.not_found" "There is no such account.";
    TOO_MANY_REQUESTS = RateLimited "limits.too_many_requests" "Too many requests of this kind from your address. Wait as long as Retry-After says.";
    TOO_MANY_ATTEMPTS = RateLimited "limits.too_many_attempts" "Too many wrong passwords. Wait as long as Retry-After says.";

    SESSION_NOT_FOUND = NotFound "session.not_found" "There is no such living session in this account.";
    TASK_NOT_FOUND = NotFound "task.not_found" "There is no such task among yours.";
    BOOK_NOT_FOUND = NotFound "book.not_found" "There is no such book among yours.";
    BOOK_TITLE_TAKEN = Conflict "book.title_taken" "You have a book with this title.";
    COVER_NOT_FOUND = NotFound "cover.not_found" "There is no such picture.";
    COVER_TOO_LARGE = TooLarge "cover.too_large" "The picture has more bytes than this server accepts.";
    COVER_UNSUPPORTED = UnsupportedMedia "cover.unsupported" "This is no picture that this server takes: PNG, JPEG, GIF and WebP are, by their content, whatever their name.";
    COVER_UNDECODABLE = Invalid "cover.undecodable" "The picture is damaged: it cannot be decoded.";
    COVER_TOO_MANY_PIXELS = Invalid "cover.too_many_pixels" "The picture has more pixels than this server accepts.";
    RANGE_NOT_SATISFIABLE = RangeNotSatisfiable "range.not_satisfiable" "The picture does not have the part that the Range header asks for.";

    MAIL_NOT_CONFIGURED = Unavailable "mail.not_configured" "This server cannot mail links: its public address is not configured. Tell its administrator.";
    HASHING_BUSY = Unavailable "server.hashing_busy" "Too many sign-ins at this moment. Try again shortly.";
    COVER_BUSY = Unavailable "cover.busy" "Too many pictures at this moment. Try again shortly.";
    STORAGE_UNAVAILABLE = Unavailable "storage.unavailable" "The storage of pictures cannot be reached at the moment. Try again shortly.";
    STORAGE_FULL = Unavailable "storage.full" "The server's disk is full: no picture can be stored until there is room.";
    SERVER_BUSY = Unavailable "server.busy" "Too many requests at this moment. Try again shortly.";
    SERVER_TIMEOUT = Unavailable "server.timeout" "The answer took too long and was given up.";
    KEYS_UNAVAILABLE = Unavailable "server.keys_unavailable" "This server's signing keys are not those of its database at the moment. Its log says what to do.";
    DATABASE_UNAVAILABLE = Unavailable "database.unavailable" "The database cannot take this at the moment. Try again shortly.";
    DATABASE_FULL = Unavailable "database.full" "The server's disk is full: nothing can be stored until there is room. Reading still works.";
    INTERNAL = Internal "server.internal" "Something went wrong on our side. The request id helps to find it in the log.";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_and_dotted() {
        let mut names: Vec<_> = ALL.iter().map(|code| code.name).collect();
        names.sort_unstable();
        let before = names.len();
        names.dedup();
        assert_eq!(names.len(), before);
        assert!(names.iter().all(|name| name.split('.').count() == 2), "{names:?}");
    }
}
