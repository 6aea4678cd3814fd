# Firefox for the browser tests: the distribution's. Where it can't be installed, its tests are skipped.
#
# TIDINGS_FIREFOX=/path/to/firefox selects another one.
# shellcheck shell=bash

setup_firefox() {
    setup_npm_tests
    [ -z "${TIDINGS_FIREFOX:-}" ] || return 0
    [ ! -x /usr/bin/firefox-esr ] && [ ! -x /usr/bin/firefox ] || return 0
    # In a subshell, because it ends the script if there is no such package.
    (install_packages "the main stories also run in it" firefox-esr) ||
        say "there is no Firefox: its tests are skipped"
}
