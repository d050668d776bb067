//! The rules of the refresh counter, without clock, database or tokens: a table that can be read and tested.

use std::time::Duration;

use crate::base::Timestamp;

/// For how long after a rotation both neighbours of it get the same token again (two tabs, quick retry).
pub(super) const GRACE: Duration = Duration::from_secs(10);

/// A session's refresh counter as its row holds it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Counters {
    pub current: u64,
    pub previous: Option<u64>,
    /// When `current` was made; `None` while it is the first.
    pub rotated_at: Option<Timestamp>,
    /// When the current access token was first used.
    pub confirmed_at: Option<Timestamp>,
}

/// What a presented refresh token leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Decision {
    /// Rule 1: the next counter; the presented one becomes `previous`.
    Rotate,
    /// Rule 2: the current token once more.
    Repeat,
    /// Rule 3: the reply with `current` was lost. The next counter; `previous` stays, `current` is void for ever.
    Recover,
    /// Rule 4: somebody has an old token; the session ends.
    Reuse,
    /// Rule 5: a counter that was never given out (restored backup, failover); nothing changes.
    Unknown,
}

impl Counters {
    /// What the token with `counter` leads to at `now`.
    pub(super) fn decide(&self, counter: u64, now: Timestamp) -> Decision {
        // Around the rotation, not only after it: a clock that was set back must not hold the window open until it has
        // caught up, and one that is a little behind must not take a second tab for a thief.
        let fresh = self.rotated_at.is_some_and(|at| at.minus(GRACE) < now && now < at.plus(GRACE));
        let is_current = counter == self.current;
        let is_previous = self.previous == Some(counter);
        if counter > self.current {
            Decision::Unknown
        } else if (is_current || is_previous) && fresh {
            Decision::Repeat
        } else if is_current {
            Decision::Rotate
        } else if is_previous && self.confirmed_at.is_none() {
            Decision::Recover
        } else {
            Decision::Reuse
        }
    }

    /// The counters after a rotation or recovery.
    pub(super) fn after(&self, decision: Decision, now: Timestamp) -> Self {
        let previous = if decision == Decision::Recover { self.previous } else { Some(self.current) };
        Self { current: self.current + 1, previous, rotated_at: Some(now), confirmed_at: None }
    }

    /// Whether an access token made at `counter` is still good.
    #[cfg(test)]
    fn admits(&self, counter: u64) -> bool {
        counter == self.current || self.previous == Some(counter)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const START: Timestamp = Timestamp::from_millis(1_000_000);

    fn rotated(current: u64, previous: Option<u64>, confirmed: bool) -> Counters {
        Counters { current, previous, rotated_at: Some(START), confirmed_at: confirmed.then_some(START) }
    }

    #[test]
    fn the_five_rules() {
        let first = Counters { current: 0, previous: None, rotated_at: None, confirmed_at: None };
        let (soon, later) = (START.plus(Duration::from_millis(9_999)), START.plus(GRACE));
        assert_eq!(first.decide(0, START), Decision::Rotate);
        assert_eq!(rotated(5, Some(4), false).decide(5, soon), Decision::Repeat);
        assert_eq!(rotated(5, Some(4), false).decide(4, soon), Decision::Repeat);
        assert_eq!(rotated(5, Some(4), true).decide(4, soon), Decision::Repeat);
        assert_eq!(rotated(5, Some(4), false).decide(5, later), Decision::Rotate);
        assert_eq!(rotated(5, Some(4), false).decide(4, later), Decision::Recover);
        assert_eq!(rotated(5, Some(4), true).decide(4, later), Decision::Reuse);
        assert_eq!(rotated(5, Some(3), false).decide(4, soon), Decision::Reuse, "a skipped counter is void");
        assert_eq!(rotated(5, Some(4), false).decide(6, later), Decision::Unknown);
    }

    /// Someone who holds tokens of one session.
    #[derive(Clone, Debug, Default)]
    struct Holder {
        refresh: u64,
        access: u64,
    }

    #[derive(Clone, Debug)]
    enum Step {
        /// A holder refreshes; the reply may be lost.
        Refresh {
            who: usize,
            reply_lost: bool,
        },
        /// A holder uses its access token; the mark may be lost in a crash.
        Use {
            who: usize,
            mark_lost: bool,
        },
        /// The second holder copies the first one's tokens.
        Steal,
        Wait(u16),
    }

    fn step() -> impl Strategy<Value = Step> {
        prop_oneof![
            4 => (0..2_usize, prop::bool::weighted(0.2)).prop_map(|(who, reply_lost)| Step::Refresh { who, reply_lost }),
            4 => (0..2_usize, prop::bool::weighted(0.2)).prop_map(|(who, mark_lost)| Step::Use { who, mark_lost }),
            1 => Just(Step::Steal),
            3 => (0..20_000_u16).prop_map(Step::Wait),
        ]
    }

    /// Drives one session as the service does. `None` when it has ended.
    struct World {
        row: Option<Counters>,
        now: Timestamp,
        holders: [Holder; 2],
        stolen: bool,
    }

    impl World {
        fn new() -> Self {
            let row = Counters { current: 0, previous: None, rotated_at: None, confirmed_at: None };
            Self { row: Some(row), now: START, holders: Default::default(), stolen: false }
        }

        fn take(&mut self, step: &Step) {
            match *step {
                Step::Wait(millis) => self.now = self.now.plus(Duration::from_millis(millis.into())),
                Step::Steal => {
                    self.holders[1] = self.holders[0].clone();
                    self.stolen = true;
                }
                Step::Use { who, mark_lost } => {
                    if let Some(row) = &mut self.row
                        && self.holders[who].access == row.current
                        && !mark_lost
                    {
                        row.confirmed_at.get_or_insert(self.now);
                    }
                }
                Step::Refresh { who, reply_lost } => {
                    let Some(row) = self.row else { return };
                    match row.decide(self.holders[who].refresh, self.now) {
                        decision @ (Decision::Rotate | Decision::Recover) => {
                            self.row = Some(row.after(decision, self.now));
                        }
                        Decision::Reuse => self.row = None,
                        Decision::Repeat | Decision::Unknown => {}
                    }
                    if let Some(row) = self.row
                        && !reply_lost
                    {
                        self.holders[who] = Holder { refresh: row.current, access: row.current };
                    }
                }
            }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]

        /// A single honest holder, whatever replies and marks are lost, never loses the session: a reply is lost before
        /// its access token can be used, so the previous token is always taken again.
        #[test]
        fn an_honest_holder_never_loses_the_session(steps in proptest::collection::vec(step(), 0..80)) {
            let mut world = World::new();
            for step in steps {
                match step {
                    Step::Steal | Step::Refresh { who: 1, .. } | Step::Use { who: 1, .. } => {}
                    step => world.take(&step),
                }
                prop_assert!(world.row.is_some());
            }
        }

        /// Two holders of one session cannot both go on: once each has rotated past the other, with marks kept, the
        /// second to come back ends it.
        #[test]
        fn a_thief_and_an_owner_do_not_both_go_on(steps in proptest::collection::vec(step(), 0..80)) {
            let mut world = World::new();
            for step in &steps {
                world.take(step);
            }
            world.take(&Step::Steal);
            for _ in 0..3 {
                for who in [0, 1] {
                    world.take(&Step::Wait(15_000));
                    world.take(&Step::Refresh { who, reply_lost: false });
                    world.take(&Step::Use { who, mark_lost: false });
                }
            }
            prop_assert!(world.row.is_none());
        }

        /// Counters only grow, the previous one is smaller, and what is void stays void.
        #[test]
        fn counters_grow_and_the_void_stays_void(steps in proptest::collection::vec(step(), 0..80)) {
            let mut world = World::new();
            let mut void = std::collections::BTreeSet::new();
            for step in &steps {
                let before = world.row;
                world.take(step);
                if let (Some(before), Some(after)) = (before, world.row) {
                    prop_assert!(after.current >= before.current);
                    prop_assert!(after.previous.is_none_or(|previous| previous < after.current));
                    for counter in [Some(before.current), before.previous].into_iter().flatten() {
                        if !after.admits(counter) {
                            void.insert(counter);
                        }
                    }
                    prop_assert!(void.iter().all(|counter| !after.admits(*counter)));
                }
            }
        }
    }
}
