# npm packages: for the build (wasm-opt, esbuild), and for the browser tests
# (Playwright, axe).
# shellcheck shell=bash

setup_npm() {
    setup_npm_node
    npm_ci build "wasm-opt, esbuild" --omit=dev
}

setup_npm_node() {
    if ! command -v node >/dev/null || ! command -v npm >/dev/null; then
        install_packages "wasm-opt and Playwright run on Node" nodejs npm
    fi
    node --eval 'process.exit(process.versions.node.split(".")[0] >= 18 ? 0 : 1)' ||
        stop "Node $(node --version) is too old: wasm-opt and Playwright need 18 or newer"
}

# npm_ci WHAT NAMES OPTION...: installs the packages, unless they, or all packages, were installed from this lock file.
npm_ci() {
    local what=$1 names=$2 lock=end2end/package-lock.json marker=end2end/node_modules/.installed
    shift 2
    ! cmp -s "$lock" "$marker-tests.json" || return 0
    ! cmp -s "$lock" "$marker-$what.json" || return 0
    say "installing $names"
    npm ci --prefix end2end "$@" >>"$log" 2>&1 || stop "\`npm ci\` in end2end/ failed (see $log)"
    cp "$lock" "$marker-$what.json"
}

# All npm packages, including those of the browser tests.
setup_npm_tests() {
    setup_npm_node
    npm_ci tests "the build tools, Playwright, axe"
}
