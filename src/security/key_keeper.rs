//! Where a server's key sets come from: its data folder, or, for several nodes on one database, sealed in that database;
//! and how a running server keeps up with what the database says of them.
//!
//! The database knows the id and state of every set. A server believes what it has read for as long as it believes a
//! session: on SQLite until a change is noticed, on a server's engine for one second. Then it reads again, once for all
//! who wait, and when that fails it answers 503 and not by what it knew.

use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use super::key_material::{KeyFolder, KeyMaterial};
use super::key_sets::{self, KeyRow, NewKeySet};
use super::seal::MasterKey;
use super::{Flights, KeyId, KeyRing, KeySet, KeyState};
use crate::base::{Error, Randomness, Result, Stopwatch, Timestamp, codes};
use crate::db::{Db, Freshness, Reader};

/// How often a start begins anew because another node was faster.
const ATTEMPTS: usize = 10;

/// Which secrets must be here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Demand {
    /// Those of every set that has signed: a server would refuse good tokens otherwise.
    All,
    /// Whatever there is, and nothing is made or moved: a command can put right what keeps a server from starting.
    Any,
}

/// Where secrets are kept.
pub struct KeyPlace<'a> {
    /// The folder of key files.
    pub folder: &'a Path,
    /// What seals them in a database that several nodes share.
    pub master: Option<MasterKey>,
}

/// Keeps the ring of key sets as the database says.
pub struct KeyKeeper {
    ring: Arc<KeyRing>,
    db: Db,
    folder: KeyFolder,
    /// Only where the database is shared.
    master: Option<MasterKey>,
    random: Arc<dyn Randomness>,
    /// Moved by everything that may have changed the states.
    stamp: AtomicU64,
    /// The stamp before the last good read, and when that began.
    read: RwLock<Option<(u64, Stopwatch)>>,
    reads: Flights<(), Result<()>>,
    /// What was last complained of, so that the log says it once.
    complaint: Mutex<String>,
}

impl KeyKeeper {
    /// Gathers the key sets, and makes those that there must be: one that signs, and the one after it.
    ///
    /// # Errors
    /// A sentence for the operator: a file is damaged, a set's secrets are missing, or the master key is missing or wrong.
    pub async fn open(
        db: &Db,
        place: KeyPlace<'_>,
        demand: Demand,
        random: Arc<dyn Randomness>,
        now: Timestamp,
    ) -> Result<Self, String> {
        let mut keeper = Self {
            ring: Arc::new(KeyRing::unwritten(random.as_ref(), now)?),
            db: db.clone(),
            folder: KeyFolder::open(place.folder)?,
            master: place.master.filter(|_| db.shared()),
            random,
            stamp: AtomicU64::new(0),
            read: RwLock::default(),
            reads: Flights::default(),
            complaint: Mutex::default(),
        };
        for _ in 0..ATTEMPTS {
            let began = Stopwatch::start();
            let rows = keeper.rows().await?;
            let sets = keeper.gather(&rows, demand)?;
            if demand == Demand::All {
                if keeper.complete(&rows, now).await? || keeper.seal_files(&rows).await? {
                    continue;
                }
                keeper.clear_up(&rows)?;
            }
            // A command may find no set that it can use; its ring is then one that nobody believes.
            if let Some(ring) = KeyRing::new(sets) {
                keeper.ring = Arc::new(ring);
            }
            keeper.read = RwLock::new(Some((0, began)));
            return Ok(keeper);
        }
        Err("The key sets of the database changed again and again while this node started. Start it again."
            .into())
    }

    /// The sets in force.
    pub fn ring(&self) -> &Arc<KeyRing> {
        &self.ring
    }

    /// What the database knows.
    ///
    /// # Errors
    /// A sentence for the operator.
    pub async fn rows(&self) -> Result<Vec<KeyRow>, String> {
        let rows = self.db.read(|reader| Ok(key_sets::list(reader)?));
        rows.await.map_err(|error| sentence(&error))
    }

    /// The states may have changed: whoever asks next has them read anew.
    pub fn invalidate(&self) {
        self.stamp.fetch_add(1, Ordering::SeqCst);
    }

    /// Makes sure that the ring is what the database says, or was a moment ago.
    ///
    /// # Errors
    /// `database.unavailable`, or `server.keys_unavailable` when the database knows nothing of our keys.
    pub async fn ensure(self: &Arc<Self>) -> Result<()> {
        while !self.holds() {
            let landed = self.reads.join((), Arc::clone(self).refresh()).await;
            landed.value?;
            if landed.own {
                break;
            }
        }
        Ok(())
    }

    fn holds(&self) -> bool {
        let Some((stamp, began)) = *self.read.read().unwrap_or_else(PoisonError::into_inner) else {
            return false;
        };
        let fresh = match self.db.freshness() {
            Freshness::UntilNoticed => true,
            Freshness::For(time) => began.elapsed() < time,
        };
        fresh && stamp == self.stamp.load(Ordering::SeqCst)
    }

    async fn refresh(self: Arc<Self>) -> Result<()> {
        let (stamp, began) = (self.stamp.load(Ordering::SeqCst), Stopwatch::start());
        let rows = self.db.read(|reader| Ok(key_sets::list(reader)?)).await?;
        let followed = self.follow(&rows);
        if let Err(why) = &followed {
            self.complain(why);
            return Err(Error::new(&codes::KEYS_UNAVAILABLE).with_cause(why));
        }
        *self.read.write().unwrap_or_else(PoisonError::into_inner) = Some((stamp, began));
        Ok(())
    }

    /// Changes the ring to what the database says.
    fn follow(&self, rows: &[KeyRow]) -> Result<(), String> {
        let mut sets = Vec::new();
        let mut missing = String::new();
        for row in rows.iter().filter(|row| row.state != KeyState::Revoked) {
            let known = self.ring.find(row.id).map_or_else(|| self.secrets(row).map(Arc::new), Ok);
            match known {
                Ok(set) => sets.push((set, row.state)),
                Err(why) if row.state == KeyState::Current => return Err(why),
                Err(why) => missing = why,
            }
        }
        for row in rows.iter().filter(|row| row.state == KeyState::Revoked) {
            if self.ring.find(row.id).is_some() {
                tracing::warn!("the key set {} has been revoked: all its tokens are refused", row.id);
                if let Err(why) = self.destroy(row.id) {
                    tracing::error!("{why}");
                }
            }
        }
        let signed = self.ring.current().id;
        if !self.ring.replace(sets) {
            return Err(
                "The database knows no key set that signs: it was emptied or another one was put in its place. Restart \
                 this server."
                    .into(),
            );
        }
        let signs = self.ring.current().id;
        if signs != signed {
            tracing::info!("the key set {signs} signs new tokens now, in place of {signed}");
        }
        self.complain(&missing);
        Ok(())
    }

    /// Says once what is wrong, until it is something else.
    fn complain(&self, why: &str) {
        let mut last = self.complaint.lock().unwrap_or_else(PoisonError::into_inner);
        if *last != why {
            why.clone_into(&mut last);
            if !why.is_empty() {
                tracing::error!("{why}");
            }
        }
    }

    /// The set that signs by what a transaction sees, which found another one than the ring's.
    ///
    /// # Errors
    /// `server.keys_unavailable`: its secrets are not here yet, or there is none; the next request looks.
    pub fn current_in(&self, reader: &mut Reader<'_>) -> Result<Arc<KeySet>> {
        self.invalidate();
        let current = key_sets::find_current(reader)?;
        let known = current.and_then(|id| self.ring.find(id));
        known.ok_or_else(|| {
            let which = current.map_or("none".to_owned(), |id| id.to_string());
            Error::new(&codes::KEYS_UNAVAILABLE)
                .with_cause(format!("the key set that signs is {which}, which is not at hand"))
        })
    }

    /// Whether this place has the secrets that a set to come must join, in words when not: a command in another folder
    /// would write a key file where no server looks.
    ///
    /// # Errors
    /// A sentence for the operator.
    pub fn may_make(&self, rows: &[KeyRow]) -> Result<(), String> {
        let in_force = || rows.iter().filter(|row| row.state != KeyState::Revoked);
        if self.master.is_none() && in_force().any(|row| row.sealed.is_some()) {
            return Err(
                "The key sets stand sealed in the database, and this command has no master key. Give it the one of the \
                 servers: keys.master_key_file, or keys.master_key."
                    .into(),
            );
        }
        if !self.db.shared() || in_force().any(|row| self.ring.find(row.id).is_some()) {
            return Ok(());
        }
        Err(match in_force().find_map(|row| self.secrets(row).err()) {
            Some(why) => why,
            None => "There is no key set yet; start the server first.".into(),
        })
    }

    /// Makes a set whose secrets are safe, and which the database does not know yet: a file without a row does no harm.
    ///
    /// # Errors
    /// A sentence: the file cannot be written.
    pub fn prepare(&self, now: Timestamp) -> Result<NewKeySet, String> {
        let made = KeyMaterial::make(self.random.as_ref(), now)?;
        if self.master.is_none() {
            self.folder.write(&made)?;
        }
        Ok(self.row_of(&made))
    }

    fn row_of(&self, set: &KeyMaterial) -> NewKeySet {
        let seal = |master: &MasterKey| {
            master.seal(&set.id.to_string(), set.to_json().as_bytes(), self.random.as_ref())
        };
        NewKeySet { id: set.id, created_at: set.created_at, sealed: self.master.as_ref().map(seal) }
    }

    /// Removes the file of a set that must not be used any more, or came to nothing; whether there was one.
    ///
    /// # Errors
    /// A sentence that names the file.
    pub fn destroy(&self, id: KeyId) -> Result<bool, String> {
        self.folder.remove(id)
    }

    /// The sets whose secrets are here. One that has signed must be among them, where `demand` says so.
    fn gather(&self, rows: &[KeyRow], demand: Demand) -> Result<Vec<(Arc<KeySet>, KeyState)>, String> {
        let mut sets = Vec::new();
        for row in rows.iter().filter(|row| row.state != KeyState::Revoked) {
            match (self.secrets(row), demand, row.state) {
                (Ok(set), ..) => sets.push((Arc::new(set), row.state)),
                (Err(why), Demand::All, KeyState::Next) => {
                    tracing::warn!("{why} Do so before the next rotation: this set signs after it.");
                }
                (Err(why), Demand::All, _) => return Err(why),
                (Err(_), Demand::Any, _) => {}
            }
        }
        Ok(sets)
    }

    /// Fills the places of the current and the next set; whether there was anything to do.
    async fn complete(&self, rows: &[KeyRow], now: Timestamp) -> Result<bool, String> {
        let mut empty = [KeyState::Current, KeyState::Next].to_vec();
        empty.retain(|state| !rows.iter().any(|row| row.state == *state));
        if empty.is_empty() {
            return Ok(false);
        }
        // After `db reset`, or in a copied folder, the files decide: the newest was the next one.
        let mut files = if rows.is_empty() { self.folder.read()? } else { Vec::new() };
        let newest = files.split_off(files.len().saturating_sub(empty.len()));
        let mut sets: Vec<_> = newest.iter().map(|set| self.row_of(set)).collect();
        let mut made = Vec::new();
        while sets.len() < empty.len() {
            let set = self.prepare(now)?;
            made.push(set.id);
            sets.push(set);
        }
        let inserted = self.db.write(move |writer| {
            sets.iter().zip(&empty).try_for_each(|(set, state)| key_sets::insert(writer, set, *state))
        });
        match inserted.await {
            Ok(()) => Ok(true),
            Err(error) if *error.code() == codes::STALE => {
                // Another node was faster: its sets count, and ours were never used.
                made.into_iter().try_for_each(|id| self.destroy(id).map(drop))?;
                Ok(true)
            }
            Err(error) => Err(sentence(&error)),
        }
    }

    /// Seals what stood in files only, when the node has a master key by now; whether there was anything to do.
    async fn seal_files(&self, rows: &[KeyRow]) -> Result<bool, String> {
        let mut done = false;
        for row in rows.iter().filter(|row| row.sealed.is_none() && row.state != KeyState::Revoked) {
            let Some(set) = self.folder.find(row.id)? else { continue };
            let Some(sealed) = self.row_of(&set).sealed else { continue };
            let id = row.id;
            let first = self.db.write(move |writer| Ok(key_sets::update_sealed(writer, id, &sealed)?)).await;
            if first.map_err(|error| sentence(&error))? {
                tracing::info!(
                    "the key set {id} is sealed in the database now; other nodes with this master key may start"
                );
            }
            done = true;
        }
        Ok(done)
    }

    /// Files that nobody may use: those of revoked sets go, and strange ones are named.
    fn clear_up(&self, rows: &[KeyRow]) -> Result<(), String> {
        for row in rows.iter().filter(|row| row.state == KeyState::Revoked) {
            if self.destroy(row.id)? {
                tracing::warn!("the key set {} is revoked; its file has been removed", row.id);
            }
        }
        let folder = self.folder.path().display();
        for file in self.folder.read()? {
            if !rows.iter().any(|row| row.id == file.id) {
                let id = file.id;
                tracing::warn!("the key set {id} in {folder} is not one of this database's and is not used");
            }
        }
        Ok(())
    }

    /// The secrets of a set that the database knows.
    fn secrets(&self, row: &KeyRow) -> Result<KeySet, String> {
        let id = row.id;
        if let (Some(sealed), Some(master)) = (&row.sealed, &self.master) {
            let json = master.open(&id.to_string(), sealed).ok_or_else(|| {
                format!(
                    "The key set {id} in the database was sealed with another master key. Give this node the master key \
                     (keys.master_key or keys.master_key_file) of the others."
                )
            })?;
            let material = KeyMaterial::from_json(&json);
            return material
                .and_then(|material| KeySet::from_material(&material))
                .map_err(|why| format!("The key set {id} in the database is damaged: {why}."));
        }
        if let Some(material) = self.folder.find(id)? {
            return KeySet::from_material(&material);
        }
        Err(if row.sealed.is_some() {
            format!(
                "The key set {id} stands sealed in the database, and this node has no master key. Give it the one of the \
                 other nodes: keys.master_key_file, or keys.master_key."
            )
        } else if self.master.is_some() {
            format!(
                "This node has a master key, but the key set {id} is not sealed in the database yet: the node that has \
                 {id}.json in its key folder was not restarted with the master key. Give it the same one \
                 (keys.master_key_file, or keys.master_key) and restart it; then this node can start. If this is the only \
                 node, put {id}.json back from a backup."
            )
        } else if self.db.shared() {
            format!(
                "The database belongs to the key set {id}, which this node does not have. To run several nodes on one \
                 database, give all of them the same master key (keys.master_key_file, or keys.master_key), the node that \
                 has {id}.json in its key folder first. If this is the only node, put {id}.json back from a backup."
            )
        } else {
            let folder = self.folder.path().display();
            format!(
                "The database knows the key set {id}, but {folder} has no file for it. Put {id}.json back from a backup."
            )
        })
    }
}

fn sentence(error: &Error) -> String {
    let cause = error.cause().map(|cause| format!(" ({cause})")).unwrap_or_default();
    format!("The key sets cannot be read from or written to the database: {}{cause}", error.detail())
}
