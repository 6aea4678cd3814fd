# What runs the examples of the documentation in other languages: PHP and Ruby from Debian, and Django and FastAPI from PyPI
# in target/venv-docs. Without them, `scripts/check-docs` skips these examples.
# shellcheck shell=bash

readonly venv_docs=target/venv-docs

setup_docs() {
    command -v ruby >/dev/null && php -r 'exit(extension_loaded("curl") ? 0 : 1);' 2>>"$log" ||
        install_packages "examples of the documentation are in PHP and Ruby" php-cli php-curl ruby
    local wanted=tests/docs/requirements.txt marker=$venv_docs/.installed
    ! cmp -s "$wanted" "$marker" || return 0
    say "installing Django and FastAPI from PyPI for the examples of the documentation"
    {
        rm -rf "$venv_docs" && "$(find_python)" -m venv "$venv_docs" &&
            "$venv_docs/bin/pip" install --quiet --require-hashes --only-binary :all: --requirement "$wanted"
    } >>"$log" 2>&1 || stop "could not install the packages of $wanted (see $log)"
    cp "$wanted" "$marker"
}
