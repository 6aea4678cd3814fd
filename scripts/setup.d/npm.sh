# What comes from npm: wasm-opt, esbuild, the reader of the API description, Playwright.
# shellcheck shell=bash

setup_npm() {
    if ! command -v node >/dev/null || ! command -v npm >/dev/null; then
        install_packages "wasm-opt and Playwright run on Node" nodejs npm
    fi
    node --eval 'process.exit(process.versions.node.split(".")[0] >= 18 ? 0 : 1)' ||
        stop "Node $(node --version) is too old: wasm-opt and Playwright need 18 or newer"
    # A copy of the lock, made when all that it names was there.
    local installed=end2end/node_modules/.installed-lock.json
    ! cmp -s end2end/package-lock.json "$installed" || return 0
    say "installing what end2end/package-lock.json names: wasm-opt, esbuild, Playwright, the API reader"
    npm ci --prefix end2end >>"$log" 2>&1 || stop "\`npm ci\` in end2end/ fails ($log says more)"
    cp end2end/package-lock.json "$installed"
}
