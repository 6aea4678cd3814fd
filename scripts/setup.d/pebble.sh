# Pebble, an authority for tests, from which the tests request a certificate by ACME.
#
# PEBBLE=/path/to/pebble selects another one.
# shellcheck shell=bash

setup_pebble() {
    [ -n "${PEBBLE:-}" ] || go_program pebble github.com/letsencrypt/pebble/v2/cmd/pebble@v2.10.3 "the test of ACME"
}
