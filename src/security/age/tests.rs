use std::io::Read;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;

use super::*;

/// The format seals pieces of this length, each with a tag of 16 bytes.
const PIECE: usize = 64 * 1024;

fn passphrase(text: &str) -> SecretString {
    SecretString::from(text)
}

fn sealed(plain: &[u8]) -> Vec<u8> {
    let mut encryptor = encrypt(Vec::new(), &passphrase("open sesame")).unwrap();
    encryptor.write_all(plain).unwrap();
    encryptor.finish().unwrap()
}

fn opened(file: &[u8], with: &str) -> Result<Vec<u8>, Error> {
    let mut plain = Vec::new();
    decrypt(file, &passphrase(with))?.read_to_end(&mut plain)?;
    Ok(plain)
}

#[test]
fn what_is_sealed_opens_again_around_every_edge_of_a_piece() {
    for length in [0, 1, PIECE - 1, PIECE, PIECE + 1, 2 * PIECE, 2 * PIECE + 7] {
        let plain: Vec<u8> = (0..length).map(|index| u8::try_from(index % 251).unwrap()).collect();
        assert_eq!(opened(&sealed(&plain), "open sesame").unwrap(), plain, "{length} bytes");
    }
}

#[test]
fn another_passphrase_opens_nothing() {
    assert!(matches!(opened(&sealed(b"x"), "open sesam"), Err(Error::WrongPassphrase)));
}

#[test]
fn a_file_cut_anywhere_is_refused() {
    let whole = sealed(&vec![7; PIECE + 100]);
    let header = whole.len() - 16 - (PIECE + 16) - (100 + 16);
    for length in [0, 10, header - 1, header + 15, header + 16, header + 16 + PIECE + 16, whole.len() - 1] {
        assert!(opened(&whole[..length], "open sesame").is_err(), "cut to {length} bytes");
    }
}

#[test]
fn a_flipped_bit_anywhere_is_noticed() {
    let whole = sealed(b"a short secret");
    for index in 0..whole.len() {
        let mut flipped = whole.clone();
        flipped[index] ^= 1;
        assert!(opened(&flipped, "open sesame").is_err(), "byte {index}");
    }
}

#[test]
fn pieces_in_another_order_are_refused() {
    let whole = sealed(&[vec![1; PIECE], vec![2; PIECE], vec![3; 5]].concat());
    let start = whole.len() - 2 * (PIECE + 16) - (5 + 16);
    let (first, rest) = whole[start..].split_at(PIECE + 16);
    let (second, last) = rest.split_at(PIECE + 16);
    let swapped = [&whole[..start], second, first, last].concat();
    assert!(opened(&swapped, "open sesame").is_err());
}

#[test]
fn a_header_that_would_eat_the_machine_is_refused() {
    let honest =
        String::from_utf8_lossy(&sealed(b"")[..100]).replacen(&format!(" {WORK_FACTOR}\n"), " 30\n", 1);
    let costly = [honest.as_bytes(), &sealed(b"")[100..]].concat();
    assert!(matches!(opened(&costly, "open sesame"), Err(Error::TooCostly(30))));
    // No line ends it, or one without end.
    let lines =
        format!("age-encryption.org/v1\n-> scrypt x 10\n{}", format!("{}\n", "A".repeat(64)).repeat(1000));
    for endless in [lines, "A".repeat(100_000)] {
        let mut file = endless.as_bytes();
        assert!(matches!(decrypt(&mut file, &passphrase("x")).err(), Some(Error::Damaged)));
        assert!(file.len() > 40_000, "it was read to its end");
    }
}

#[test]
fn a_file_for_a_key_says_so() {
    let word = "A".repeat(43);
    let other = format!("age-encryption.org/v1\n-> X25519 {word}\n{word}\n--- {word}\n0123456789abcdef");
    assert!(matches!(opened(other.as_bytes(), "x"), Err(Error::OtherFlavour)));
}

/// Made with `age -p` 1.1.1 for the passphrase "open sesame".
const OF_THE_STANDARD_TOOL: &str = "YWdlLWVuY3J5cHRpb24ub3JnL3YxCi0+IHNjcnlwdCAxNGpIaW5EYWxYbHpqUk13Q0Uwb1Z3IDE4CnptOUJwaUE2TndOTkY0a0dsRllhbkcwSXhReWNIQkMrSnhFWGwxQWxydkEKLS0tIEVzM0U3SE1PQ2dLNW50Y2s5TWxDbll0SHJobjFwamVsRS9LSHBvYmptNU0KUxBmAulgYtfw0/U+S2ensOcD6Nk/Wa65iGPDMwKRQH5XwzVB65VSs3XqdeMJwZegwu0FI3BQkg==";

#[test]
fn what_the_standard_tool_wrote_opens() {
    let file = BASE64_STANDARD.decode(OF_THE_STANDARD_TOOL).unwrap();
    assert_eq!(opened(&file, "open sesame").unwrap(), b"from the standard tool\n");
}
