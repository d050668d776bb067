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
        }

        impl Scalar for $Name {
            const KIND: Kind = Kind::text(concat!("one of ", $first $(, ", ", $other)+));

            fn parse(text: &str) -> Option<Self> {
                match text.trim() {
                    $first => Some(Self::$First),
                    $( $other => Some(Self::$Other), )+
                    _ => None,
                }
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
        /// Only administrators create accounts.
        Closed = "closed",
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
