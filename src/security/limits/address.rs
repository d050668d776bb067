//! Client addresses as limits count them.

use std::net::IpAddr;

/// One client's share of the network: an IPv4 address, or the /64 of an IPv6 address, of which one client has all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct AddressBlock(Block);

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Block {
    V4(u32),
    V6(u64),
    /// Many together.
    Crowd(u16),
}

impl AddressBlock {
    /// The block of an address; an IPv4 address that is written as an IPv6 one is an IPv4 address.
    pub fn of(address: IpAddr) -> Self {
        Self(match address.to_canonical() {
            IpAddr::V4(address) => Block::V4(address.to_bits()),
            IpAddr::V6(address) => Block::V6((address.to_bits() >> 64) as u64),
        })
    }

    /// The block as bytes, for fingerprints: no two have the same.
    pub fn bytes(self) -> [u8; 9] {
        let (kind, number) = match self.0 {
            Block::V4(number) => (4, u64::from(number)),
            Block::V6(number) => (6, number),
            Block::Crowd(number) => (0, u64::from(number)),
        };
        let mut bytes = [kind; 9];
        bytes[1..].copy_from_slice(&number.to_be_bytes());
        bytes
    }

    /// One of 65,536 crowds that an address shares with its wider neighbourhood: an IPv4 /16, or the IPv6 /32 that one
    /// provider has.
    pub(super) fn crowd(self) -> Self {
        let fold = |bits: u32| (bits >> 16) as u16 ^ (bits & 0xffff) as u16;
        Self(Block::Crowd(match self.0 {
            Block::V4(bits) => (bits >> 16) as u16,
            Block::V6(bits) => fold((bits >> 32) as u32),
            Block::Crowd(number) => number,
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn block(address: &str) -> AddressBlock {
        AddressBlock::of(address.parse().unwrap())
    }

    #[test]
    fn an_ipv6_client_is_its_64_and_an_ipv4_client_its_address() {
        assert_eq!(block("2001:db8:0:1::1"), block("2001:db8:0:1:ffff::2"));
        assert_ne!(block("2001:db8:0:1::1"), block("2001:db8:0:2::1"));
        assert_ne!(block("192.0.2.1"), block("192.0.2.2"));
        assert_eq!(block("::ffff:192.0.2.1"), block("192.0.2.1"));
        assert_ne!(block("0.0.0.1").bytes(), block("0:0:0:1::").bytes());
    }

    #[test]
    fn a_crowd_is_a_neighbourhood() {
        assert_eq!(block("192.0.2.1").crowd(), block("192.0.255.9").crowd());
        assert_ne!(block("192.0.2.1").crowd(), block("192.1.2.1").crowd());
        assert_eq!(block("2001:db8:0:1::1").crowd(), block("2001:db8:ffff:1::1").crowd());
        assert_ne!(block("2001:db8::1").crowd(), block("2001:db9::1").crowd());
    }
}
