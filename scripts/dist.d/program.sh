# The static program, its manual pages and completions, and the .tar.gz with them.
# shellcheck shell=bash
# shellcheck disable=SC2154 # out, version and profile are set by the script

# The program for an architecture.
program() { echo "target/$1-unknown-linux-musl/$profile/tidings"; }

# zig compiles C, and rustc brings the linker and the libraries.
build_program() {
    local target=$1-unknown-linux-musl variable flags
    variable=${target//-/_}
    # The paths of this machine are not in the program.
    flags="--remap-path-prefix=$PWD= --remap-path-prefix=${CARGO_HOME:-$HOME/.cargo}/registry/src="
    env "CC_$variable=$PWD/target/zig/cc-$1" "AR_$variable=$PWD/target/zig/ar" \
        "CARGO_TARGET_${variable^^}_LINKER=rust-lld" "CARGO_TARGET_${variable^^}_RUSTFLAGS=$flags" \
        "$(page_size "$1")" \
        scripts/cargo build --profile "$profile" --package tidings --bin tidings --target "$target"
}

# The allocator is compiled for a size of pages. Processors of this architecture have pages of up to 64 KiB.
page_size() {
    case $1 in
    aarch64) echo AARCH64_UNKNOWN_LINUX_MUSL_JEMALLOC_SYS_WITH_LG_PAGE=16 ;;
    *) echo X86_64_UNKNOWN_LINUX_MUSL_JEMALLOC_SYS_WITH_LG_PAGE=12 ;;
    esac
}

# write_manual ARCH...: the manual pages and the completions, by a program that runs here.
write_manual() {
    local tidings=("$(program "$(uname -m)")") files=$out/files shell
    [[ " $* " = *" $(uname -m) "* ]] || tidings=(scripts/cargo run --quiet --package tidings --)
    mkdir -p "$files/man" "$files/completions"
    "${tidings[@]}" man "$files/man"
    for shell in bash zsh fish; do
        "${tidings[@]}" completions "$shell" >"$files/completions/tidings.$shell"
    done
}

# pack_archive ARCH: the program with what belongs to it.
pack_archive() {
    local folder=tidings-$version-$1-linux tree=$out/$1/archive
    mkdir -p "$tree/$folder/systemd"
    install -m 755 "$(program "$1")" "$tree/$folder/tidings"
    install -m 644 LICENSE README.md packaging/tidings.toml "$tree/$folder/"
    install -m 644 packaging/systemd/* "$tree/$folder/systemd/"
    cp -r "$out/files/man" "$out/files/completions" "$tree/$folder/"
    tar --create --directory "$tree" --sort=name --owner=0 --group=0 --numeric-owner --mtime="@$SOURCE_DATE_EPOCH" \
        --format=gnu "$folder" | gzip -9n >"$out/$folder.tar.gz"
}
