//! How hyper answers what is no proper HTTP: with a status and no body, before the router sees it.

use super::support::{Running, limits};

/// The statuses the server answers with, in order, before it closes the connection.
async fn answers_to(request: &[u8]) -> Vec<u16> {
    let server = Running::start(limits()).await;
    let mut client = server.client().await;
    client.send(request).await;
    tokio::io::AsyncWriteExt::shutdown(&mut client.0).await.unwrap();
    let mut answers = Vec::new();
    while let Some(answer) = client.try_answer().await {
        answers.push(answer.status);
    }
    answers
}

async fn assert_answers(cases: &[(&[u8], &[u16])]) {
    for (request, expected) in cases {
        let answers = answers_to(request).await;
        assert_eq!(answers, *expected, "{}", request.escape_ascii());
    }
}

#[tokio::test]
async fn a_length_that_is_no_number_is_refused() {
    assert_answers(&[
        (b"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: three\r\n\r\nabc", &[400]),
        (b"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: -3\r\n\r\nabc", &[400]),
        (b"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: +3\r\n\r\nabc", &[400]),
        (b"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: \r\n\r\nabc", &[400]),
        (b"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999999999999\r\n\r\nabc", &[400]),
        // The largest number hyper keeps for itself.
        (b"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 18446744073709551615\r\n\r\nabc", &[431]),
    ])
    .await;
}

#[tokio::test]
async fn two_lengths_are_taken_only_if_they_agree() {
    assert_answers(&[
        (b"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd", &[400]),
        (b"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 3, 4\r\n\r\nabcd", &[400]),
        (b"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 3, 3\r\n\r\nabc", &[400]),
        (b"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nContent-Length: 3\r\n\r\nabc", &[200]),
    ])
    .await;
}

/// RFC 9112, 6.1: the chunks count, and the connection ends with the answer, so that what follows is no
/// request.
#[tokio::test]
async fn a_length_beside_chunks_smuggles_nothing() {
    assert_answers(&[
        (
            b"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 33\r\nTransfer-Encoding: chunked\r\n\r\n\
              0\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n",
            &[200],
        ),
        (
            b"POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nContent-Length: 33\r\n\r\n\
              0\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n",
            &[200],
        ),
        (b"POST /echo HTTP/1.1\r\nHost: a\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", &[200, 200]),
    ])
    .await;
}

#[tokio::test]
async fn chunks_have_to_be_the_last_encoding_and_well_formed() {
    assert_answers(&[
        (b"POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\n\r\n0\r\n\r\n", &[400]),
        (b"POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n", &[400]),
        (b"POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n", &[400]),
        (b"POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding : chunked\r\n\r\n0\r\n\r\n", &[400]),
        (b"POST /echo HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", &[400]),
        // These the handler's extractor refuses.
        (b"POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n\r\n", &[400]),
        (b"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nabc", &[400]),
    ])
    .await;
}

#[tokio::test]
async fn fields_have_to_be_well_formed() {
    assert_answers(&[
        (b"GET / HTTP/1.1\r\nHost: a\r\nX: a\0b\r\n\r\n", &[400]),
        (b"GET / HTTP/1.1\r\nHost: a\r\nX: a\rb\r\n\r\n", &[400]),
        (b"GET / HTTP/1.1\r\nHost: a\r\nX: a\r\n b\r\n\r\n", &[400]),
        (b"GET / HTTP/1.1\r\nHost: a\r\nX(: a\r\n\r\n", &[400]),
        (b"GET / HTTP/1.1\r\nHost: a\r\nX: a\xffb\r\n\r\n", &[200]),
    ])
    .await;
}

/// RFC 9112, 2.2 lets a server take a bare line feed; a missing or doubled `Host` is for the router to
/// refuse.
#[tokio::test]
async fn hyper_is_lenient_here() {
    assert_answers(&[
        (b"GET / HTTP/1.1\nHost: a\n\n", &[200]),
        (b"\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", &[200]),
        (b"GET / HTTP/1.1\r\n\r\n", &[200]),
        (b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", &[200]),
        (b"GET / HTTP/1.0\r\n\r\n", &[200]),
    ])
    .await;
}

#[tokio::test]
async fn what_is_no_http_1_is_refused() {
    assert_answers(&[
        (b"GET /\r\n\r\n", &[400]),
        (b"GET / HTTP/2.0\r\nHost: a\r\n\r\n", &[400]),
        (b"GET / HTTP/1.2\r\nHost: a\r\n\r\n", &[400]),
        (b"GET /a b HTTP/1.1\r\nHost: a\r\n\r\n", &[400]),
        (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", &[]),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", &[400]),
        (b"\xff\xfe\xfd\x00garbage\r\n\r\n", &[400]),
        (b"lorem ipsum dolor sit amet\r\n\r\n", &[400]),
    ])
    .await;
}
