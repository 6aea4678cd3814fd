//! Addresses that count as one, where something is limited by address.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};

/// An IPv4 address, or the first 64 bits of an IPv6 address, because a network usually has all addresses of such a prefix.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Network(IpAddr);

impl Network {
    /// The network of the peer of a connection. Those whose address is unknown, such as peers of Unix sockets, are one.
    pub fn of(peer: Option<SocketAddr>) -> Self {
        Self::of_address(peer.map(|peer| peer.ip()))
    }

    /// The network of an address.
    pub fn of_address(address: Option<IpAddr>) -> Self {
        let unknown = IpAddr::V6(Ipv6Addr::UNSPECIFIED);
        Self(
            match address.map_or(unknown, |address| address.to_canonical()) {
                IpAddr::V6(address) if !address.is_loopback() => {
                    let prefix = address.to_bits() & !u128::from(u64::MAX);
                    IpAddr::V6(Ipv6Addr::from_bits(prefix))
                }
                address => address,
            },
        )
    }

    /// Whether it is not known to be one user: a program of this machine, or a proxy that the settings do not name and
    /// behind which everybody may be.
    pub fn may_be_many(&self) -> bool {
        self.0.is_loopback() || self.0.is_unspecified()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn network(address: &str) -> Network {
        Network::of(Some(SocketAddr::new(
            address.parse().expect("an address"),
            1,
        )))
    }

    #[test]
    fn addresses_of_one_ipv6_network_are_one() {
        assert_eq!(
            network("2001:db8::1"),
            network("2001:db8::ffff:ffff:ffff:ffff")
        );
        assert_ne!(network("2001:db8::1"), network("2001:db8:0:1::1"));
        assert_ne!(network("192.0.2.1"), network("192.0.2.2"));
        // An IPv4 address of a socket for both.
        assert_eq!(network("::ffff:192.0.2.1"), network("192.0.2.1"));
        assert_eq!(Network::of(None), Network::of(None));
    }

    #[test]
    fn this_machine_may_be_a_proxy() {
        for address in ["127.0.0.1", "127.1.2.3", "::1", "::ffff:127.0.0.1"] {
            assert!(network(address).may_be_many(), "{address}");
        }
        assert!(Network::of(None).may_be_many());
        for address in ["192.0.2.1", "10.0.0.1", "2001:db8::1", "fe80::1"] {
            assert!(!network(address).may_be_many(), "{address}");
        }
    }
}
