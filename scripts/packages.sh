# Installing packages, for scripts that define `name` and `log`.
# shellcheck shell=bash

# shellcheck disable=SC2154 # name and log are set by the script
say() { echo "$name: $*"; }

stop() {
    echo "$name stops: $*" >&2
    exit 1
}

# Runs a command as root. Without a terminal, sudo must not ask for a password.
as_root() {
    if [ "$(id -u)" = 0 ]; then
        "$@"
    elif ! command -v sudo >/dev/null; then
        return 1
    elif [ -t 0 ]; then
        sudo "$@"
    else
        sudo -n "$@"
    fi
}

# install_packages WHY PACKAGE...: installs Debian packages, or says what to install by hand.
install_packages() {
    local why=$1
    shift
    command -v apt-get >/dev/null || stop "please run \`$(install_by_hand "$@")\`, then this again: $why"
    can_be_root || stop "please run \`apt-get install $*\` as root, then this again, because there is no sudo: $why"
    say "installing $* from Debian: $why"
    local apt=(env DEBIAN_FRONTEND=noninteractive apt-get)
    as_root "${apt[@]}" install -y --no-install-recommends "$@" >>"$log" 2>&1 && return
    # The lists of packages may be missing or old.
    as_root "${apt[@]}" update >>"$log" 2>&1 || true
    as_root "${apt[@]}" install -y --no-install-recommends "$@" >>"$log" 2>&1 ||
        stop "\`sudo apt-get install $*\` failed, which is needed: $why (see $log)"
}

can_be_root() { [ "$(id -u)" = 0 ] || command -v sudo >/dev/null; }

# The command that installs these Debian packages on a system without apt-get.
install_by_hand() {
    local package names=""
    if command -v dnf >/dev/null; then
        for package in "$@"; do
            case $package in
            build-essential) names+=" gcc gcc-c++ make" ;;
            python3-venv) ;;
            iproute2) names+=" iproute" ;;
            fonts-wqy-zenhei) names+=" wqy-zenhei-fonts" ;;
            *) names+=" $package" ;;
            esac
        done
        echo "sudo dnf install$names"
    elif command -v brew >/dev/null; then
        case $* in
        build-essential) echo "xcode-select --install" ;;
        nodejs*) echo "brew install node" ;;
        python3*) echo "brew install python" ;;
        *) echo "brew install $*" ;;
        esac
    else
        echo "a command that installs $* (names of the Debian packages)"
    fi
}
