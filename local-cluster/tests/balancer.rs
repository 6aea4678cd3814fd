//! The balancer, with small servers in place of nodes.

use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    thread,
};

use local_cluster::{Balancer, free_port};

/// A server that greets each connection with a letter, and then returns what it gets.
fn server(letter: u8) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address");
    thread::spawn(move || {
        for socket in listener.incoming() {
            let mut socket = socket.expect("a connection");
            thread::spawn(move || {
                let _ = socket.write_all(&[letter]);
                let mut echo = socket.try_clone().expect("a handle");
                let _ = std::io::copy(&mut socket, &mut echo);
            });
        }
    });
    address
}

/// An address that refuses connections.
fn nobody() -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], free_port().expect("a port")))
}

/// Connects, and reads the greeting. None if the connection was closed.
fn connect(balancer: &Balancer) -> (TcpStream, Option<char>) {
    let mut socket = TcpStream::connect(balancer.address()).expect("connected");
    let mut greeting = [0];
    let count = socket.read(&mut greeting).unwrap_or(0);
    (socket, (count > 0).then_some(char::from(greeting[0])))
}

#[test]
fn connections_take_turns_and_skip_a_node_that_refuses() {
    let nodes = [server(b'a'), nobody(), server(b'c')];
    let balancer = Balancer::start(0, nodes).expect("a balancer");
    let greetings: Vec<_> = (0..6).map(|_| connect(&balancer).1).collect();
    assert_eq!(
        greetings,
        [
            Some('a'),
            Some('c'),
            Some('c'),
            Some('a'),
            Some('c'),
            Some('c')
        ]
    );
    assert_eq!([0, 1, 2].map(|node| balancer.refused(node)), [0, 2, 0]);
    assert_eq!(balancer.unserved(), 0);
}

#[test]
fn a_node_out_of_service_keeps_its_connections_and_gets_no_new_ones() {
    let balancer = Balancer::start(0, [server(b'a'), server(b'b')]).expect("a balancer");
    let (mut kept, greeting) = connect(&balancer);
    assert_eq!(greeting, Some('a'));
    balancer.set_in_service(0, false);
    for _ in 0..3 {
        assert_eq!(connect(&balancer).1, Some('b'));
    }
    kept.write_all(b"x").expect("sent");
    let mut back = [0];
    kept.read_exact(&mut back).expect("returned");
    assert_eq!(&back, b"x");

    balancer.set_in_service(1, false);
    assert_eq!(connect(&balancer).1, None);
    assert_eq!(balancer.unserved(), 1);
    balancer.set_in_service(0, true);
    assert_eq!(connect(&balancer).1, Some('a'));
}

#[test]
fn all_connections_of_one_node_can_be_cut() {
    let balancer = Balancer::start(0, [server(b'a'), server(b'b')]).expect("a balancer");
    let mut open: Vec<_> = (0..4).map(|_| connect(&balancer)).collect();
    assert_eq!([0, 1].map(|node| balancer.open(node)), [2, 2]);
    balancer.cut(0);
    for (socket, greeting) in &mut open {
        let mut back = [0];
        if *greeting == Some('a') {
            assert_eq!(socket.read(&mut back).unwrap_or(0), 0);
        } else {
            socket.write_all(b"x").expect("sent");
            socket.read_exact(&mut back).expect("returned");
        }
    }
    assert_eq!([0, 1].map(|node| balancer.open(node)), [0, 2]);
    // New connections are not cut.
    assert_eq!(connect(&balancer).1, Some('a'));
}
