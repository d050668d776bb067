//! How many sessions are alive: counted in the database, and not at every reading.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Mutex;
use tokio::time::timeout;

use crate::app::App;
use crate::base::Stopwatch;
use crate::resources::sessions;

/// For how long a count is told without counting anew.
const GOOD_FOR: Duration = Duration::from_secs(30);
/// How long a reader waits for it; the page goes without it then.
const PATIENCE: Duration = Duration::from_secs(2);

/// The last count.
#[derive(Default)]
pub(super) struct LiveSessions(Mutex<Option<(Stopwatch, i64)>>);

impl LiveSessions {
    /// The number of live sessions, up to half a minute old; `None` while the database cannot tell.
    pub(super) async fn count(&self, app: &Arc<App>) -> Option<i64> {
        let mut last = self.0.lock().await;
        if let Some((counted, number)) = *last
            && counted.elapsed() < GOOD_FOR
        {
            return Some(number);
        }
        let number = timeout(PATIENCE, sessions::count_live(app)).await.ok()?.ok()?;
        *last = Some((Stopwatch::start(), number));
        Some(number)
    }
}
