//! What an engine does for the seam.

use std::time::Duration;

use super::connection::Connection;
use super::job::{Job, Kind, Ran};
use super::{EngineReport, Freshness, Load, Result, StepState};

/// Something that wants to know of changes made elsewhere.
pub(super) type Notice = Box<dyn Fn() + Send + Sync>;

/// Takes jobs and finishes each exactly once, on threads of its own.
pub(super) trait Engine: Send + Sync {
    /// Takes a job.
    ///
    /// # Errors
    /// [`super::Error::Unavailable`] when it cannot; the job is dropped.
    fn submit(&self, kind: Kind, job: Box<dyn Job>) -> Result<()>;

    /// Runs a short read here and now, where that takes less time than handing it to a thread. `None`: it must be handed in.
    fn read_here(&self, read: &mut dyn FnMut(&mut dyn Connection) -> Ran) -> Option<Result<Ran>>;

    /// How long a job may wait before it is begun.
    fn patience(&self, kind: Kind) -> Duration;

    /// How long what was read may be believed.
    fn freshness(&self) -> Freshness;

    /// How a server is asked for its time, in milliseconds since 1970; `None`: the engine has no time but ours.
    fn time_query(&self) -> Option<&'static str>;

    /// Calls `notice` at changes by others, where the engine sees them.
    fn on_foreign_change(&self, notice: Notice);

    /// How much work there is just now.
    fn load(&self) -> Load;

    /// Name, version, settings and sizes.
    fn report(&self) -> Result<EngineReport>;

    /// The steps of the schema, known and done.
    fn schema(&self) -> Result<Vec<StepState>>;

    /// Finishes what waits and takes nothing more.
    fn close(&self, patience: Duration);
}
