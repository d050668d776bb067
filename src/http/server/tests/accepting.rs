//! A server that cannot accept for a while.

use std::{fs::File, process::Command};

use tokio::time::timeout;

use super::support::{Running, limits, millis};

/// In a process of its own, where file descriptors can run out without other tests feeling it.
#[test]
fn a_server_without_file_descriptors_recovers() {
    let this_test_binary = std::env::current_exe().unwrap();
    let child = Command::new("sh")
        .args(["-c", r#"ulimit -n 40 && exec "$0" "$@""#])
        .arg(this_test_binary)
        .args(["--ignored", "--exact", "--test-threads=1"])
        .arg(concat!(module_path!(), "::runs_out_of_file_descriptors").split_once("::").unwrap().1)
        .output()
        .unwrap();
    let output = String::from_utf8_lossy(&child.stdout);
    assert!(child.status.success() && output.contains("1 passed"), "{output}");
}

#[tokio::test]
#[ignore = "needs a process of its own, see above"]
async fn runs_out_of_file_descriptors() {
    let server = Running::start(limits()).await;
    let mut neighbour = server.client().await;
    assert_eq!(neighbour.get("/").await.status, 200);
    let mut hoard: Vec<File> = std::iter::from_fn(|| File::open("/dev/null").ok()).collect();

    hoard.pop();
    let mut client = server.client().await;
    client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n").await;
    assert!(timeout(millis(300), client.try_answer()).await.is_err(), "no descriptor, no answer");
    assert_eq!(neighbour.get("/").await.status, 200);

    hoard.pop();
    assert_eq!(client.answer().await.status, 200);
}
