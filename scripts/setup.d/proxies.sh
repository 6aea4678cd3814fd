# nginx, HAProxy and Apache, before which the tests put a server.
# shellcheck shell=bash

setup_proxies() {
    local why="tests run a server behind these proxies"
    command -v nginx >/dev/null || [ -x /usr/sbin/nginx ] || install_packages "$why" nginx-light
    command -v haproxy >/dev/null || [ -x /usr/sbin/haproxy ] || install_packages "$why" haproxy
    [ -x /usr/sbin/apache2 ] || install_packages "$why" apache2-bin
}
