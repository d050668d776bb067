//! Settings whose value is one of a few words.

use serde_json::Value as Json;

use super::kinds::{Kind, Scalar};

macro_rules! choice {
    (
        $(#[$doc:meta])+
        $Name:ident {
            $(#[$first_doc:meta])+ $First:ident = $first:literal,
            $( $(#[$other_doc:meta])+ $Other:ident = $other:literal, )+
        }
    ) => {
        $(#[$doc])+
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum $Name {
            $(#[$first_doc])+ $First,
            $( $(#[$other_doc])+ $Other, )+
        }

        impl $Name {
            /// The word that stands for it in the configuration.
            pub fn as_str(self) -> &'static str {
                match self {
                    Self::$First => $first,
                    $( Self::$Other => $other, )+
                }
            }

            /// What a word of the configuration stands for; `None` for other words.
            pub fn named(word: &str) -> Option<Self> {
                match word {
                    $first => Some(Self::$First),
                    $( $other => Some(Self::$Other), )+
                    _ => None,
                }
            }
        }

        impl Scalar for $Name {
            const KIND: Kind = Kind::text(concat!("one of ", $first $(, ", ", $other)+));

            fn parse(text: &str) -> Option<Self> {
                Self::named(text.trim())
            }

            fn shown(&self) -> Json {
                Json::from(self.as_str())
            }
        }
    };
}

choice! {
    /// Who may create an account.
    Registration {
        /// Anyone may register.
        Open = "open",
        /// Anyone may register, and waits until somebody approves it.
        Approval = "approval",
        /// Only administrators create accounts.
        Closed = "closed",
    }
}

choice! {
    /// What a dialect takes for a password.
    DialectPassword {
        /// What its contract takes.
        Contract = "contract",
        /// What the section `password` says.
        Server = "server",
    }
}

choice! {
    /// Whom a list of people shows to a caller who is no administrator.
    ListUsers {
        /// The caller alone.
        Own = "own",
        /// Everybody.
        All = "all",
    }
}

choice! {
    /// Whether the connection to a database server is encrypted.
    DatabaseTls {
        /// It is not.
        Disable = "disable",
        /// It is, and anybody may be at its other end.
        Require = "require",
        /// It is, and the server proves its name by a certificate.
        VerifyFull = "verify-full",
    }
}

choice! {
    /// How access tokens are signed.
    TokenAlgorithm {
        /// With a key pair of ours: anybody can verify, nobody else can sign.
        EdDsa = "EdDSA",
        /// With a secret that other services share, who verify with it and could sign with it.
        Hs256 = "HS256",
    }
}

choice! {
    /// Whether people must show that their e-mail address is their own.
    EmailVerification {
        /// They need not.
        Off = "off",
        /// They are asked to.
        Optional = "optional",
        /// They must, before they sign in.
        Required = "required",
    }
}

choice! {
    /// Whether the connection to an SMTP server is encrypted.
    SmtpTls {
        /// It is, from a command of the client's on (RFC 3207).
        Starttls = "starttls",
        /// It is from its first byte on (RFC 8314).
        Implicit = "implicit",
        /// It is not.
        None = "none",
    }
}

choice! {
    /// How log lines are written.
    LogFormat {
        /// Pretty on a terminal, JSON otherwise.
        Auto = "auto",
        /// For people.
        Pretty = "pretty",
        /// One JSON object a line.
        Json = "json",
    }
}
