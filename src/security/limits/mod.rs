//! How often one address may ask, counted in this process (a node counts for itself), in bounded memory.

mod address;
mod clock;
mod limiter;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

pub use address::AddressBlock;

use self::clock::SteadyClock;
use self::limiter::Limiter;
use crate::base::Clock;
use crate::config;

/// How long after a notice the same refusals are not worth another one.
const NOTICED_FOR: Duration = Duration::from_mins(10);

/// What strangers ask for, each counted by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Door {
    /// Signing in.
    SignIn,
    /// Making an account.
    Registration,
    /// Turning a refresh token into the next pair.
    Refresh,
    /// Having a mail sent.
    Mail,
}

impl Door {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::SignIn, Self::Registration, Self::Refresh, Self::Mail];

    /// The word in settings, metrics and the audit log.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::SignIn => "sign_in",
            Self::Registration => "registration",
            Self::Refresh => "refresh",
            Self::Mail => "mail",
        }
    }
}

/// What is worth a line in the audit log, and not a second one soon after.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Notice {
    /// This address asked too often.
    Address(AddressBlock),
    /// Passwords are guessed at behind this fingerprint.
    Guesses([u8; 16]),
}

/// The limits of one node, and what they refused.
pub struct Limits {
    enabled: bool,
    doors: [Limiter<AddressBlock>; 4],
    notices: [Limiter<Notice>; 5],
    refused: [AtomicU64; 4],
    delayed: AtomicU64,
}

impl Limits {
    /// Limits by these settings, on this clock.
    pub fn new(settings: &config::Limits, clock: Arc<dyn Clock>) -> Self {
        let clock = SteadyClock::new(clock);
        let rates = [&settings.sign_in, &settings.registration, &settings.refresh, &settings.mail];
        Self {
            enabled: settings.enabled,
            doors: rates.map(|rate| Limiter::new(rate.interval(), rate.burst(), clock.clone())),
            notices: [(); 5].map(|()| Limiter::once(NOTICED_FOR, clock.clone())),
            refused: Default::default(),
            delayed: AtomicU64::new(0),
        }
    }

    /// Whether there are limits at all.
    pub fn enabled(&self) -> bool {
        self.enabled
    }

    /// Counts a request; when it is one too many, how long to wait until the next one is let in.
    pub fn take(&self, door: Door, address: AddressBlock) -> Result<(), Duration> {
        if !self.enabled {
            return Ok(());
        }
        self.doors[door as usize].take(address, AddressBlock::crowd).inspect_err(|_| {
            self.refused[door as usize].fetch_add(1, Ordering::Relaxed);
        })
    }

    /// Counts an attempt that was refused because of wrong passwords before it.
    pub fn count_delayed(&self) {
        self.delayed.fetch_add(1, Ordering::Relaxed);
    }

    /// Whether a refusal is worth a line in the audit log: the first of its kind within ten minutes. `None` is a refusal for
    /// wrong passwords.
    pub fn noteworthy(&self, door: Option<Door>, notice: Notice) -> bool {
        let place = door.map_or(Door::ALL.len(), |door| door as usize);
        self.notices[place].take(notice, Notice::crowd).is_ok()
    }

    /// How many requests were refused at this door since the start.
    pub fn refused(&self, door: Door) -> u64 {
        self.refused[door as usize].load(Ordering::Relaxed)
    }

    /// How many attempts were refused since the start because of wrong passwords before them.
    pub fn delayed(&self) -> u64 {
        self.delayed.load(Ordering::Relaxed)
    }

    /// Forgets addresses that could start afresh anyway.
    pub fn tidy(&self) {
        self.doors.iter().for_each(Limiter::tidy);
        self.notices.iter().for_each(Limiter::tidy);
    }
}

impl Notice {
    fn crowd(self) -> Self {
        match self {
            Self::Address(address) => Self::Address(address.crowd()),
            Self::Guesses([first, second, ..]) => {
                let mut crowd = [0; 16];
                crowd[..2].copy_from_slice(&[first, second]);
                Self::Guesses(crowd)
            }
        }
    }
}
