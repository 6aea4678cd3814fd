# The story of docs/production.md on a machine that has nothing but the package: a certificate from an authority, a browser
# with thirty tabs, Prometheus, `tidings doctor`, and a proxy that is set up badly.
# shellcheck shell=bash
# shellcheck disable=SC2154 # dist, folder, log, version and server are set by the script

readonly public=push.example.org address=203.0.113.7 tabs=30
readonly authority=target/pebble/pebble

# prepare_production: what the story needs besides the package, as long as there is a network.
prepare_production() {
    scripts/setup npm browser proxies pebble
    [ -x "$authority" ] || stop "there is no pebble, from which the server gets its certificate (scripts/setup pebble)"
    say "taking Prometheus from Debian's package"
    (cd "$folder" && apt-get download prometheus && dpkg-deb --extract prometheus_*.deb prometheus) >>"$log" 2>&1 ||
        stop "\`apt-get download prometheus\` failed (see $log)"
}

# The authority finds the names of this machine in /etc/hosts.
start_authority() {
    local own=$PWD/$folder/authority
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=authority \
        -addext basicConstraints=critical,CA:FALSE -addext subjectAltName=IP:127.0.0.1 \
        -keyout "$own.key" -out "$own.pem" >>"$log" 2>&1 || return 1
    cat >"$own.json" <<END
{"pebble": {"listenAddress": "127.0.0.1:14000", "managementListenAddress": "127.0.0.1:15000", "certificate": "$own.pem",
 "privateKey": "$own.key", "httpPort": 80, "tlsPort": 443, "ocspResponderURL": "", "externalAccountBindingRequired": false}}
END
    PEBBLE_VA_NOSLEEP=1 "$authority" -config "$own.json" >>"$log" 2>&1 &
    until_it_answers https://127.0.0.1:14000/dir --cacert "$own.pem" &&
        curl --silent --show-error --fail --cacert "$own.pem" https://127.0.0.1:15000/roots/0 >"$folder/root.pem"
}

# until_it_answers URL [OPTION...]: with a status that is not an error, within a minute.
until_it_answers() {
    curl --silent --fail --output /dev/null --retry 600 --retry-delay 0 --retry-all-errors --retry-max-time 60 "${@:2}" "$1"
}

# The settings of docs/production.md, for this authority.
write_settings() {
    local etc=$folder/debian/etc/tidings
    cp "$folder/authority.pem" "$etc/authority.pem"
    chmod 644 "$etc/authority.pem"
    {
        cat <<END
listen_tls = "0.0.0.0:443"
acme_domain = ["$public"]
acme_email = "admin@example.org"
acme_directory = "https://127.0.0.1:14000/dir"
acme_ca = "/etc/tidings/authority.pem"
public_url = "https://$public"
metrics_listen = "127.0.0.1:9464"
END
        cat "$etc/tidings.toml"
    } >"$folder/tidings.toml"
    # The file keeps its owner and mode.
    cat "$folder/tidings.toml" >"$etc/tidings.toml"
    in_debian tidings config check --config /etc/tidings/tidings.toml
}

examine() {
    in_debian tidings doctor "$1" --ca /root.pem --token-file /etc/tidings/admin-token --data-dir /var/lib/tidings
}

# names_both URL: whether the doctor finds what the proxy does to streams, and says which lines to change.
names_both() {
    local told code=0
    told=$(examine "$1") || code=$?
    echo "$told"
    [ $code = 2 ] && grep --quiet "proxy_buffering off" <<<"$told" && grep --quiet gzip_types <<<"$told"
}

# The file of packaging/ with the worst lines for streams.
start_bad_proxy() {
    local nginx=$PWD/$folder/nginx
    mkdir -p "$nginx/temporary"
    {
        echo "daemon off; pid $nginx/pid; error_log $nginx/errors; events {} http { access_log off;"
        for kind in client_body proxy fastcgi uwsgi scgi; do
            echo "${kind}_temp_path $nginx/temporary/$kind;"
        done
        sed -e 's/proxy_buffering off;/proxy_buffering on; proxy_ignore_headers X-Accel-Buffering;/' \
            -e 's/gzip off;/gzip on; gzip_types *; gzip_proxied any; gzip_min_length 0;/' packaging/proxies/nginx.conf
        echo "}"
    } >"$nginx/nginx.conf"
    nginx -c "$nginx/nginx.conf" >>"$log" 2>&1 &
    until_it_answers http://127.0.0.1/health/live
}

start_prometheus() {
    "$folder/prometheus/usr/bin/prometheus" --config.file=packaging/prometheus/prometheus.yaml \
        --storage.tsdb.path="$folder/prometheus/data" --web.listen-address=127.0.0.1:9090 >>"$log" 2>&1 &
    until_it_answers http://127.0.0.1:9090/-/ready
}

# prometheus_has QUERY: waits for a result that is not empty. The server is read every 15 seconds.
prometheus_has() {
    local found
    for _ in $(seq 600); do
        found=$(curl --silent --get http://127.0.0.1:9090/api/v1/query --data-urlencode "query=$1")
        ! grep --quiet '"metric"' <<<"$found" || return 0
        sleep 0.1
    done
    return 1
}

test_production() {
    echo "an empty machine on the internet"
    # A public address, its name, and ports below 1024 for everybody, in these namespaces only.
    ip address add $address/32 dev lo
    printf '127.0.0.1 localhost\n%s %s\n' $address $public | tee "$folder/debian/etc/hosts" >"$folder/hosts"
    mount --bind "$folder/hosts" /etc/hosts
    echo 0 >/proc/sys/net/ipv4/ip_unprivileged_port_start
    check "an authority runs" start_authority
    cp "$folder/root.pem" "$folder/debian/root.pem"
    cp "$dist"/tidings_"$version"_"$(dpkg --print-architecture)".deb "$folder/debian/tidings.deb"
    check "the package installs" in_debian dpkg --install /tidings.deb
    check "the settings are right" write_settings
    # As many descriptors as the unit asks for. In a container it may be that not even root can raise the limit.
    ulimit -n "$(sed -n 's/^LimitNOFILE=//p' "$folder/debian/usr/lib/systemd/system/tidings.service")" 2>>"$log" || ulimit -n "$(ulimit -Hn)"
    start_unit
    check "it gets a certificate by itself" until_it_answers "https://$public/health/ready" --cacert "$folder/root.pem"
    check "tidings doctor finds nothing wrong" examine "https://$public"
    check "$tabs tabs of a browser get a message over one connection of HTTP/2" \
        node end2end/tabs_over_http2.mjs "https://$public" "$tabs" "$folder/debian/etc/tidings/admin-token" "$folder/root.pem"
    check "Prometheus runs with the file of packaging/" start_prometheus
    check "it reads the server" prometheus_has 'up{job="tidings"} == 1'
    check "it knows about the push" prometheus_has 'tidings_pushes_total{} > 0'
    check "a proxy runs that compresses and buffers" start_bad_proxy
    check "tidings doctor names both" names_both "http://$public"
    check "it ends in order" stop_server
    check "it is purged" in_debian dpkg --purge tidings
    umount /etc/hosts
}
