# promtool, which checks the alert rules. It ends up in target/prometheus, as a link if the machine has one. From Debian's
# package only this program is taken, so that no Prometheus is installed and started.
# shellcheck shell=bash

readonly promtool=target/prometheus/promtool

setup_prometheus() {
    local installed
    mkdir -p "$(dirname "$promtool")"
    installed=$(command -v promtool || true)
    if [ -n "$installed" ]; then
        ln -sfn "$installed" "$promtool"
        return
    fi
    ! "$promtool" --version >>"$log" 2>&1 || return 0
    command -v apt-get >/dev/null || stop "please install promtool yourself (Debian package: prometheus)"
    say "taking promtool from Debian's package of Prometheus to check the alert rules"
    promtool_from_debian && return
    # The lists of packages may be missing or old.
    as_root apt-get update >>"$log" 2>&1 || true
    promtool_from_debian || stop "\`apt-get download prometheus\` failed (see $log): install promtool by hand"
}

promtool_from_debian() {
    local folder
    folder=$(mktemp -d)
    (cd "$folder" && apt-get download prometheus && dpkg-deb --extract prometheus_*.deb .) >>"$log" 2>&1 &&
        install -m 755 "$folder/usr/bin/promtool" "$promtool"
    rm -rf "$folder"
    "$promtool" --version >>"$log" 2>&1
}
