# Tools with which tests remove the address of a peer in their own network namespace.
# shellcheck shell=bash

setup_network() {
    command -v ip >/dev/null || install_packages "tests remove a peer from their network namespace" iproute2
    command -v unshare >/dev/null || install_packages "tests create network and mount namespaces" util-linux
}
