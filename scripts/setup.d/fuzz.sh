# cargo-fuzz, which runs the fuzz targets, and the C++ compiler that libFuzzer needs.
# shellcheck shell=bash

readonly fuzz_version=0.13.1

setup_fuzz() {
    command -v c++ >/dev/null || install_packages "libFuzzer is compiled with it" g++
    [ "$(target/tools/bin/cargo-fuzz --version 2>>"$log")" != "cargo-fuzz $fuzz_version" ] || return 0
    say "installing cargo-fuzz $fuzz_version from crates.io"
    scripts/cargo install --quiet --locked --root target/tools --version "$fuzz_version" cargo-fuzz >>"$log" 2>&1 ||
        stop "cargo-fuzz can't be installed (see $log)"
}
