# A Chromium for the browser tests: the distribution's when it is there, else Playwright's own, which
# needs no root; and where that can't be downloaded or lacks libraries, the distribution's after all.
# shellcheck shell=bash

setup_browser() {
    setup_npm_tests
    [ ! -x /usr/bin/chromium ] || return 0
    ! starts_browser || return 0
    say "installing Playwright's Chromium: the browser tests run in it"
    if (cd end2end && npx --no-install playwright install chromium) >>"$log" 2>&1 && starts_browser; then
        return
    fi
    install_packages "Playwright's own Chromium can't be had or does not start here" chromium
}

# Whether Playwright's own browser is there and starts.
starts_browser() {
    (
        cd end2end
        node --input-type=module --eval '
            import { chromium } from "playwright-core";
            await (await chromium.launch({ args: ["--no-sandbox"] })).close();
        '
    ) >>"$log" 2>&1
}
