# h2spec, which tests servers of HTTP/2 by the RFCs. It ends up in target/h2spec, as a link if the machine has one. Without
# it, that test is left out.
#
# H2SPEC=/path/to/h2spec selects another one.
# shellcheck shell=bash

readonly h2spec=target/h2spec/h2spec

setup_h2spec() {
    local installed
    [ -z "${H2SPEC:-}" ] || return 0
    mkdir -p "$(dirname "$h2spec")"
    [ ! -x "$h2spec" ] || return 0
    installed=$(command -v h2spec || true)
    if [ -n "$installed" ]; then
        ln -sfn "$installed" "$h2spec"
        return
    fi
    if ! command -v go >/dev/null; then
        say "there is no h2spec and no go to build it: the test of HTTP/2 by the RFCs is left out"
        return
    fi
    say "building h2spec with go for the test of HTTP/2 by the RFCs"
    GOBIN="$PWD/$(dirname "$h2spec")" go install github.com/summerwind/h2spec/cmd/h2spec@latest >>"$log" 2>&1 ||
        say "h2spec can't be built (see $log): the test of HTTP/2 by the RFCs is left out"
}
