# The compiler with the standard library for wasm. There are three ways to get it:
#
# - rustup downloads the library for the active toolchain.
# - Without rustup, a compiler that is installed with this library is used, such as Fedora's.
# - If that fails, Debian's compiler is installed with its source, and the library is built from it.
#
# One toolchain is used for everything in this checkout, because each switch would rebuild everything.
# target/toolchain.env stores the choice, and scripts/cargo uses it.
# shellcheck shell=bash

readonly wasm=wasm32-unknown-unknown
readonly chosen=target/toolchain.env

setup_rust() {
    command -v cc >/dev/null || install_packages "Rust needs a C compiler for linking" build-essential
    if [ -e "$chosen" ] && is_wanted "$(chosen_way)"; then
        has_wasm && return
    fi
    if is_wanted rustup && choose_rustup; then
        return
    fi
    if is_wanted system && { [ -n "${TIDINGS_TOOLCHAIN:-}" ] || ! command -v rustup >/dev/null; } && choose_system; then
        return
    fi
    command -v apt-get >/dev/null ||
        stop "Rust with the library for $wasm is missing: install it with rustup (https://rustup.rs), then run this again"
    is_wanted debian || stop "rustup can't install $wasm; without TIDINGS_TOOLCHAIN it is built from Debian's source"
    choose_debian
}

is_wanted() { [ "${TIDINGS_TOOLCHAIN:-$1}" = "$1" ]; }

chosen_way() { sed -n 's/^# //p' "$chosen"; }

# store_choice WAY [LINE...]: stores the choice of the toolchain as a shell script.
store_choice() {
    { printf '# %s\n' "$1"; shift; [ $# = 0 ] || printf 'export %s\n' "$@"; } >"$chosen"
}

# Runs a tool of the selected toolchain.
chosen_tool() {
    (
        # shellcheck source=/dev/null
        [ ! -e "$chosen" ] || . "$chosen"
        "$@"
    )
}

# Whether the selected compiler has a standard library for wasm.
has_wasm() { has_library "$wasm"; }

# Whether the selected compiler has a standard library for this target.
has_library() {
    local libraries
    libraries=$(chosen_tool rustc --print target-libdir --target "$1" 2>>"$log") || return 1
    compgen -G "$libraries/libstd-*.rlib" >/dev/null
}

# Whether this compiler has the version that Cargo.toml requires.
is_new_enough() {
    local wanted found
    wanted=$(sed -n 's/^rust-version = "\(.*\)"/\1/p' Cargo.toml)
    found=$("$1" --version 2>>"$log" | cut -d ' ' -f 2)
    [ -n "$found" ] && [ "$(printf '%s\n' "$wanted" "$found" | sort -V | head -n 1)" = "$wanted" ]
}

choose_rustup() {
    command -v rustup >/dev/null && command -v rustc >/dev/null || return 1
    is_new_enough rustc || stop "$(rustc --version) is too old: run \`rustup update\` first"
    store_choice rustup
    has_wasm && return
    say "installing $wasm with rustup for the pages"
    if rustup target add "$wasm" >>"$log" 2>&1 && has_wasm; then
        return
    fi
    say "rustup can't install $wasm here, so it is built from Debian's source"
    rm -f "$chosen"
    return 1
}

# A compiler of the system that has the library.
choose_system() {
    is_new_enough rustc && command -v cargo >/dev/null || return 1
    store_choice system
    has_wasm && return
    rm -f "$chosen"
    return 1
}

choose_debian() {
    local linker settings=()
    is_new_enough /usr/bin/rustc && [ -x /usr/bin/cargo ] && [ -d /usr/lib/rustlib/src ] ||
        install_packages "this compiler comes with the source of its libraries" rustc-web cargo-web rust-web-src
    if command -v rustup >/dev/null; then
        rustup toolchain list 2>/dev/null | grep '^debian\b' >/dev/null ||
            rustup toolchain link debian /usr >>"$log" 2>&1 ||
            stop "rustup can't link the toolchain \`debian\` to /usr (see $log)"
        settings+=(RUSTUP_TOOLCHAIN=debian)
    fi
    linker=$(find_linker)
    if [ -z "$linker" ]; then
        install_packages "wasm needs its own linker" lld-22
        linker=$(find_linker)
    fi
    settings+=("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER=$linker")
    store_choice debian "${settings[@]}"
    has_wasm || build_wasm_library
    has_wasm || stop "the standard library for $wasm was built, but is not found (see $log)"
}

# Prints the path of a linker for wasm: that of a rustup toolchain, or Debian's. Prints nothing if there is none.
find_linker() {
    local sysroot linker
    for sysroot in "$(rustc --print sysroot 2>/dev/null)" "${RUSTUP_HOME:-$HOME/.rustup}"/toolchains/*; do
        for linker in "$sysroot"/lib/rustlib/*/bin/rust-lld; do
            [ ! -x "$linker" ] || { echo "$linker"; return; }
        done
    done
    command -v lld-22 wasm-ld-22 | head -n 1 || true
}

# Builds the standard library from Debian's source, and copies it to the compiler's libraries.
build_wasm_library() {
    say "building the standard library for $wasm from Debian's source: about a minute"
    local crate libraries
    crate=$(mktemp -d)
    mkdir "$crate/src"
    printf '[package]\nname = "empty"\nedition = "2024"\n' >"$crate/Cargo.toml"
    echo '#![no_std]' >"$crate/src/lib.rs"
    (
        # shellcheck source=/dev/null
        . "$chosen"
        unset CARGO_TARGET_DIR
        cd "$crate"
        # This needs an unstable option of cargo. The compiler is a stable version.
        RUSTC_BOOTSTRAP=1 cargo build --release --target "$wasm" -Zbuild-std=core,alloc,std,panic_abort,proc_macro
    ) >>"$log" 2>&1 || stop "the standard library for $wasm does not build (see $log)"
    rm -f "$crate/target/$wasm/release/deps/"libempty-*
    libraries=$(chosen_tool rustc --print target-libdir --target "$wasm")
    as_root mkdir -p "$libraries" &&
        as_root cp "$crate/target/$wasm/release/deps/"*.rlib "$libraries/" ||
        stop "copying the standard library for $wasm to $libraries needs root"
    rm -rf "$crate"
}
