# What the tests need to take an address away from a peer, in a network of their own.
# shellcheck shell=bash

setup_network() {
    command -v ip >/dev/null || install_packages "the tests let a peer vanish from a network of their own" iproute2
    command -v unshare >/dev/null || install_packages "the tests make networks and disks of their own" util-linux
}
