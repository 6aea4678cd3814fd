# Pebble, an authority for tests, from which the tests request a certificate by ACME. It ends up in target/pebble, as a
# link if the machine has one. Without it, that test is left out.
#
# PEBBLE=/path/to/pebble selects another one.
# shellcheck shell=bash

readonly pebble=target/pebble/pebble pebble_module=v2.10.3

setup_pebble() {
    local installed
    [ -z "${PEBBLE:-}" ] || return 0
    mkdir -p "$(dirname "$pebble")"
    [ ! -x "$pebble" ] || return 0
    installed=$(command -v pebble || true)
    if [ -n "$installed" ]; then
        ln -sfn "$installed" "$pebble"
        return
    fi
    if ! command -v go >/dev/null; then
        say "there is no pebble and no go to build it: the test of ACME is left out"
        return
    fi
    say "building pebble with go for the test of ACME"
    GOBIN="$PWD/$(dirname "$pebble")" go install "github.com/letsencrypt/pebble/v2/cmd/pebble@$pebble_module" >>"$log" 2>&1 ||
        say "pebble can't be built (see $log): the test of ACME is left out"
}
