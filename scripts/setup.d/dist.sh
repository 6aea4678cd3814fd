# What `make dist` needs besides the compiler: the standard libraries for static programs, zig, which compiles the parts
# in C for both architectures, and buildah, which makes the images.
# shellcheck shell=bash

readonly zig=target/zig zig_version=0.17.1
readonly static_targets="x86_64-unknown-linux-musl aarch64-unknown-linux-musl"

setup_dist() {
    local target missing=()
    for target in $static_targets; do
        has_library "$target" || missing+=("$target")
    done
    if [ ${#missing[@]} -gt 0 ]; then
        [ "$(chosen_way)" = rustup ] || stop "static programs need a toolchain of rustup: Debian's has no library for musl"
        say "installing ${missing[*]} with rustup for static programs"
        rustup target add "${missing[@]}" >>"$log" 2>&1 || stop "\`rustup target add ${missing[*]}\` failed (see $log)"
    fi
    setup_zig
    command -v dpkg-deb >/dev/null || install_packages "it builds the Debian package" dpkg
    command -v buildah >/dev/null || install_packages "it builds the image" buildah
}

# The wheel of the exact version, for x86_64 or aarch64. Its hash is known.
setup_zig() {
    [ "$("$zig/ziglang/zig" version 2>>"$log")" != "$zig_version" ] || return 0
    say "installing zig from PyPI, which compiles SQLite and jemalloc for musl"
    {
        rm -rf "$zig" &&
            unpack_wheel "$zig" ziglang "$zig_version" \
                ea6cc5d87b033cf0aedfbc8f9549a908cae6c50ac31f1698188fa48a74524b54 \
                b7c5f02fccd40f89b999ee16a1f5ddced56e6182370f8affe494bcf8a28cf07e &&
            chmod +x "$zig/ziglang/zig" &&
            zig_commands
    } >>"$log" 2>&1 || stop "zig can't be installed (see $log)"
}

# Writes the C compilers cc-x86_64 and cc-aarch64, and ar. Build scripts add the name that cargo has for the target, which
# zig does not know.
zig_commands() {
    local arch target command
    for target in $static_targets; do
        arch=${target%%-*} command=$zig/cc-${target%%-*}
        cat >"$command" <<END
#!/bin/sh
for word; do
    shift
    case \$word in --target=*) ;; *) set -- "\$@" "\$word" ;; esac
done
exec "$PWD/$zig/ziglang/zig" cc -target $arch-linux-musl -fno-sanitize=undefined "\$@"
END
        chmod +x "$command"
    done
    printf '#!/bin/sh\nexec "%s" ar "$@"\n' "$PWD/$zig/ziglang/zig" >"$zig/ar"
    chmod +x "$zig/ar"
}
