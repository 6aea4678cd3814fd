# What runs the examples of the documentation in other languages: PHP with parts of Laravel and Symfony, and Ruby, from Debian;
# and Django and FastAPI from PyPI, in target/venv-docs. What is not there, `scripts/check-docs` skips.
# shellcheck shell=bash

readonly venv_docs=target/venv-docs

setup_docs() {
    local libraries=(php-symfony-http-client php-illuminate-http php-illuminate-queue php-illuminate-bus php-illuminate-config php-guzzlehttp-guzzle)
    if ! { command -v ruby && php -r 'exit((int) !extension_loaded("curl"));' && [ -e /usr/share/php/Illuminate/Http ] &&
        [ -e /usr/share/php/Symfony/Component/HttpClient ]; } >>"$log" 2>&1; then
        install_packages "examples of the documentation are in PHP and Ruby" php-cli php-curl ruby "${libraries[@]}"
    fi
    local wanted=tests/docs/requirements.txt marker=$venv_docs/.installed
    ! cmp -s "$wanted" "$marker" || return 0
    say "installing Django and FastAPI from PyPI for the examples of the documentation"
    {
        rm -rf "$venv_docs" && "$(find_python)" -m venv "$venv_docs" &&
            "$venv_docs/bin/pip" install --quiet --require-hashes --only-binary :all: --requirement "$wanted"
    } >>"$log" 2>&1 || stop "could not install the packages of $wanted (see $log)"
    cp "$wanted" "$marker"
}
