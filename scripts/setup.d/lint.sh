# rustfmt and clippy of the toolchain that was chosen.
# shellcheck shell=bash

setup_lint() {
    local missing=()
    chosen_tool cargo fmt --version >/dev/null 2>&1 || missing+=(rustfmt)
    chosen_tool cargo clippy --version >/dev/null 2>&1 || missing+=(clippy)
    [ ${#missing[@]} -gt 0 ] || return 0
    if [ "$(chosen_way)" = debian ]; then
        install_packages "the style and the lints are checked" rust-web-clippy rustfmt-web
        return
    fi
    say "adding ${missing[*]} by rustup: the style and the lints are checked"
    rustup component add "${missing[@]}" >>"$log" 2>&1 ||
        stop "could not do \`rustup component add ${missing[*]}\` ($log says more)"
}
