# The Debian package.
# shellcheck shell=bash
# shellcheck disable=SC2154 # out, version and log are set by the script

debian_arch() {
    case $1 in
    x86_64) echo amd64 ;;
    aarch64) echo arm64 ;;
    esac
}

# pack_debian ARCH: from a tree of its files.
pack_debian() {
    local tree=$out/$1/debian arch size
    arch=$(debian_arch "$1")
    fill_debian "$1" "$tree"
    size=$(du --summarize --apparent-size --block-size=1K "$tree" | cut -f 1)
    mkdir "$tree/DEBIAN"
    sed "s/@VERSION@/$version/; s/@ARCH@/$arch/; s/@SIZE@/$size/" packaging/debian/control >"$tree/DEBIAN/control"
    install -m 644 packaging/debian/conffiles "$tree/DEBIAN/"
    install -m 755 packaging/debian/{postinst,prerm,postrm} "$tree/DEBIAN/"
    (cd "$tree" && find usr etc -type f -print0 | sort -z | xargs -0 md5sum >DEBIAN/md5sums)
    dpkg-deb --root-owner-group --build "$tree" "$out/tidings_${version}_$arch.deb" >>"$log"
}

fill_debian() {
    local tree=$2 share=$2/usr/share files=$out/files page
    install -D -m 755 "$(program "$1")" "$tree/usr/bin/tidings"
    install -d -m 750 "$tree/etc/tidings"
    install -m 640 packaging/tidings.toml "$tree/etc/tidings/tidings.toml"
    install -d "$tree/usr/lib/systemd/system" "$share/man/man1" "$share/doc/tidings"
    install -m 644 packaging/systemd/* "$tree/usr/lib/systemd/system/"
    for page in "$files"/man/*; do
        gzip -9nc "$page" >"$share/man/man1/$(basename "$page").gz"
    done
    install -D -m 644 "$files/completions/tidings.bash" "$share/bash-completion/completions/tidings"
    install -D -m 644 "$files/completions/tidings.zsh" "$share/zsh/vendor-completions/_tidings"
    install -D -m 644 "$files/completions/tidings.fish" "$share/fish/vendor_completions.d/tidings.fish"
    install -m 644 README.md packaging/debian/copyright "$share/doc/tidings/"
    gzip -9nc CHANGELOG.md >"$share/doc/tidings/CHANGELOG.md.gz"
}
