# schemathesis, which tests the server by its own description of the API, in a place of its own: target/venv-api.
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
    say "installing schemathesis from PyPI: it tests the API by its description"
    {
        rm -rf "$venv_api" && "$python" -m venv "$venv_api" &&
            "$venv_api/bin/pip" install --quiet --require-hashes --only-binary :all: --requirement "$wanted"
    } >>"$log" 2>&1 || stop "could not install what $wanted lists ($log says more)"
    cp "$wanted" "$marker"
}

# A Python that is new enough: the default one, or else one with a number in its name; nothing when there is none.
find_python() {
    local name
    for name in python3 python3.14 python3.13 python3.12 python3.11 /usr/bin/python3; do
        if "$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>>"$log"; then
            echo "$name"
            return
        fi
    done
}
