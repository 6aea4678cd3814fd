# Programs for tests that are built with go. Without one of them, its test is left out.
# shellcheck shell=bash

# go_program NAME MODULE TEST: the program ends up in target/NAME, as a link if the machine has one.
go_program() {
    local program=$1 module=$2 test=$3 folder=target/$1 installed
    [ ! -x "$folder/$program" ] || return 0
    mkdir -p "$folder"
    installed=$(command -v "$program" || true)
    if [ -n "$installed" ]; then
        ln -sfn "$installed" "$folder/$program"
        return
    fi
    if ! command -v go >/dev/null; then
        say "there is no $program and no go to build it: $test is left out"
        return
    fi
    say "building $program with go for $test"
    GOBIN="$PWD/$folder" go install "$module" >>"$log" 2>&1 ||
        say "$program can't be built (see $log): $test is left out"
}
