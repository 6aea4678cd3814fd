# schemathesis, which tests the server against its API description, in target/venv-api.
# shellcheck shell=bash

readonly venv_api=target/venv-api

setup_python() {
    local wanted=tests/api/requirements.txt marker=$venv_api/.installed python
    ! cmp -s "$wanted" "$marker" || return 0
    python=$(find_python)
    if [ -z "$python" ] || ! "$python" -c 'import ensurepip, venv' 2>>"$log"; then
        install_packages "schemathesis tests the API" python3 python3-venv
        python=$(find_python)
    fi
    [ -n "$python" ] || stop "$(python3 --version) is too old: schemathesis needs Python 3.11 or newer"
    say "installing schemathesis from PyPI for the tests of the API"
    {
        rm -rf "$venv_api" && "$python" -m venv "$venv_api" &&
            "$venv_api/bin/pip" install --quiet --require-hashes --only-binary :all: --requirement "$wanted"
    } >>"$log" 2>&1 || stop "could not install the packages of $wanted (see $log)"
    cp "$wanted" "$marker"
}

# Prints the name of a Python that is new enough: python3, or one with a version in its name. Prints nothing if there is
# none.
find_python() {
    local candidate
    for candidate in python3 python3.14 python3.13 python3.12 python3.11 /usr/bin/python3; do
        if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>>"$log"; then
            echo "$candidate"
            return
        fi
    done
}
