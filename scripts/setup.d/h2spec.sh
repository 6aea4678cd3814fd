# h2spec, which tests servers of HTTP/2 by the RFCs.
#
# H2SPEC=/path/to/h2spec selects another one.
# shellcheck shell=bash

setup_h2spec() {
    [ -n "${H2SPEC:-}" ] || go_program h2spec github.com/summerwind/h2spec/cmd/h2spec@latest "the test of HTTP/2 by the RFCs"
}
