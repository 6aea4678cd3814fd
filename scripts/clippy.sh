# Clippy as the compiler of what cargo builds: it is the compiler, with more lints, and warnings are errors. So it takes the
# dependencies that were compiled without it, and what it has built can be tested.
# shellcheck shell=bash

export RUSTC_WORKSPACE_WRAPPER=clippy-driver CLIPPY_ARGS=-Dwarnings__CLIPPY_HACKERY__
