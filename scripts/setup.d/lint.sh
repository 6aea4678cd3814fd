# rustfmt and clippy of the selected toolchain.
# shellcheck shell=bash

setup_lint() {
    local missing=()
    chosen_tool cargo fmt --version >/dev/null 2>&1 || missing+=(rustfmt)
    chosen_tool cargo clippy --version >/dev/null 2>&1 || missing+=(clippy)
    [ ${#missing[@]} -gt 0 ] || return 0
    if [ "$(chosen_way)" = debian ]; then
        install_packages "for the checks of style and lints" rust-web-clippy rustfmt-web
        return
    fi
    [ "$(chosen_way)" = rustup ] || stop "please install ${missing[*]} for your Rust, then run this again"
    say "installing ${missing[*]} with rustup for the checks of style and lints"
    rustup component add "${missing[@]}" >>"$log" 2>&1 ||
        stop "\`rustup component add ${missing[*]}\` failed (see $log)"
}
