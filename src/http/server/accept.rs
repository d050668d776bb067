//! Lets connections in, and at shutdown waits for them to leave.

use std::{io, net::SocketAddr, pin::pin, sync::Arc, time::Duration};

use axum::Router;
use tokio::{
    net::{TcpListener, TcpStream},
    task::{JoinError, JoinSet},
    time::{Instant, sleep, timeout_at},
};

use super::{Limits, Refuse, ServeOutcome, Tls, connection::Server};

/// Pause after a failed accept: what is missing (file descriptors, memory) comes back with time only.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// At most one line in the log for failed accepts in this time.
const COMPLAINT_INTERVAL: Duration = Duration::from_secs(10);

/// How many waiting connections are taken from the backlog at shutdown: more than the kernel keeps by
/// default, and an end for clients that connect again and again.
const MAX_BACKLOG: usize = 4096;

/// Serves `router` on `listener`, with TLS if given, until `shutdown` resolves and its connections have left.
///
/// Every request finds [`ConnectInfo<SocketAddr>`](axum::extract::ConnectInfo) and [`Scheme`](super::Scheme)
/// in its extensions. A failed accept never ends the server, a panic in a connection ends that connection
/// only. Plain text speaks HTTP/1.1; TLS speaks HTTP/2 or HTTP/1.1, as the client chooses. Upgrades are not
/// offered. What is no request is answered by `refuse`.
///
/// At shutdown the clients that wait in the backlog are still let in, idle connections are closed, requests
/// are answered to their end, and whatever is open after `shutdown_timeout` is cut. Dropping the future cuts
/// all connections at once.
pub async fn serve(
    listener: TcpListener,
    tls: Option<Tls>,
    router: Router,
    refuse: Refuse,
    limits: Limits,
    shutdown: impl Future<Output = ()>,
) -> ServeOutcome {
    let server = Arc::new(Server::new(router, refuse, tls, limits));
    let mut door = Door { listener, complaints: Complaints::default() };
    let mut connections = Connections { server: Arc::clone(&server), tasks: JoinSet::new() };

    let mut shutdown = pin!(shutdown);
    loop {
        tokio::select! {
            biased;
            () = &mut shutdown => break,
            Some(ended) = connections.tasks.join_next() => report_panic(ended),
            (socket, peer) = door.next(), if connections.have_room() => connections.attend(socket, peer),
        }
    }

    let deadline = Instant::now() + server.limits.shutdown_timeout;
    server.draining.begin();
    let leaving = async {
        connections.take_backlog(door).await;
        connections.all_left().await;
    };
    if timeout_at(deadline, leaving).await.is_ok() {
        return ServeOutcome { cut_connections: 0 };
    }
    while let Some(ended) = connections.tasks.try_join_next() {
        report_panic(ended);
    }
    ServeOutcome { cut_connections: connections.tasks.len() }
}

/// The connections that are open. Dropping this aborts them.
struct Connections {
    server: Arc<Server>,
    tasks: JoinSet<()>,
}

impl Connections {
    fn have_room(&self) -> bool {
        self.tasks.len() < self.server.limits.max_connections.max(1)
    }

    fn attend(&mut self, socket: TcpStream, peer: SocketAddr) {
        self.tasks.spawn(Arc::clone(&self.server).attend(socket, peer));
    }

    /// Lets in whoever waits in the kernel's backlog, and closes the door.
    async fn take_backlog(&mut self, mut door: Door) {
        // The listener is asked itself: tokio would answer from the readiness it last heard of.
        let listener = match door.listener.into_std() {
            Ok(listener) => listener,
            Err(error) => return door.complaints.hear(&error),
        };
        for _ in 0..MAX_BACKLOG {
            while !self.have_room()
                && let Some(ended) = self.tasks.join_next().await
            {
                report_panic(ended);
            }
            let accepted = listener.accept().and_then(|(socket, peer)| {
                socket.set_nonblocking(true)?;
                Ok((TcpStream::from_std(socket)?, peer))
            });
            match accepted {
                Ok((socket, peer)) => self.attend(socket, peer),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return,
                Err(error) if is_about_the_client(&error) => {}
                Err(error) => {
                    door.complaints.hear(&error);
                    sleep(ACCEPT_PAUSE).await;
                }
            }
        }
    }

    async fn all_left(&mut self) {
        while let Some(ended) = self.tasks.join_next().await {
            report_panic(ended);
        }
    }
}

fn report_panic(ended: Result<(), JoinError>) {
    if let Err(error) = ended
        && error.is_panic()
    {
        tracing::error!(%error, "a connection was lost to a panic; the server goes on");
    }
}

/// Where clients come in.
struct Door {
    listener: TcpListener,
    complaints: Complaints,
}

impl Door {
    async fn next(&mut self) -> (TcpStream, SocketAddr) {
        loop {
            match self.listener.accept().await {
                Ok(accepted) => return accepted,
                Err(error) if is_about_the_client(&error) => {}
                Err(error) => {
                    self.complaints.hear(&error);
                    sleep(ACCEPT_PAUSE).await;
                }
            }
        }
    }
}

/// The one client that was to be accepted is gone; the next may be accepted at once.
fn is_about_the_client(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionAborted | io::ErrorKind::ConnectionReset | io::ErrorKind::ConnectionRefused
    )
}

/// Logs failed accepts without filling the log.
#[derive(Default)]
struct Complaints {
    last: Option<Instant>,
    unsaid: u64,
}

impl Complaints {
    fn hear(&mut self, error: &io::Error) {
        if let Some(unsaid) = self.unsaid_before(Instant::now()) {
            tracing::warn!(%error, unsaid, "a connection could not be accepted; trying again");
        }
    }

    /// How many complaints were kept back since the last one that was logged; none while this one is kept
    /// back too.
    fn unsaid_before(&mut self, now: Instant) -> Option<u64> {
        if self.last.is_some_and(|last| now < last + COMPLAINT_INTERVAL) {
            self.unsaid += 1;
            return None;
        }
        self.last = Some(now);
        Some(std::mem::take(&mut self.unsaid))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn complaints_are_kept_back_for_a_while_and_counted() {
        let mut complaints = Complaints::default();
        let start = Instant::now();
        assert_eq!(complaints.unsaid_before(start), Some(0));
        for _ in 0..3 {
            assert_eq!(complaints.unsaid_before(start + COMPLAINT_INTERVAL / 2), None);
        }
        assert_eq!(complaints.unsaid_before(start + COMPLAINT_INTERVAL), Some(3));
        assert_eq!(complaints.unsaid_before(start + COMPLAINT_INTERVAL * 2), Some(0));
    }
}
