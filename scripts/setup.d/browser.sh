# Chromium for the browser tests: the distribution's if it is installed, else Playwright's own, which needs no root. If
# that can't be downloaded or does not start, the distribution's is installed.
# shellcheck shell=bash

setup_browser() {
    setup_npm_tests
    [ ! -x /usr/bin/chromium ] || return 0
    ! starts_browser || return 0
    say "installing Playwright's Chromium for the browser tests"
    if (cd end2end && npx --no-install playwright install chromium) >>"$log" 2>&1 && starts_browser; then
        return
    fi
    install_packages "Playwright's own Chromium can't be downloaded or does not start here" chromium
}

# Whether Playwright's own browser is installed and starts.
starts_browser() {
    (
        cd end2end
        node --input-type=module --eval '
            import { chromium } from "playwright-core";
            await (await chromium.launch({ args: ["--no-sandbox"] })).close();
        '
    ) >>"$log" 2>&1
}
