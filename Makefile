# `make` alone lists what can be made. Everything sets up what it needs first, and only that.
.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help run build test lint bench bench-peers setup pictures

help: ## This list
	@sed -n 's/^\([a-z-]*\):[^#]*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 12

run: build ## Build, start the server, and say where to look; ARGS="--listen 127.0.0.1:8030" goes to it
	@echo "Open http://127.0.0.1:8020/ in two tabs and http://127.0.0.1:8020/admin in a third. Ctrl-C stops."
	@exec target/release/tidings serve $(ARGS)

build: ## Build target/release/tidings, pages and all
	@scripts/setup rust npm
	@scripts/build

test: ## Everything CI runs: style, lints, Rust tests, browser tests
	@scripts/test

lint: ## Style and lints, for the server and for the pages
	@scripts/setup rust lint
	@scripts/lint

bench: ## Measure it against what the machine itself costs; ARGS="--full" for the large sizes
	@scripts/setup rust
	@scripts/cargo build --release --package tidings
	@scripts/cargo run --release --package bench -- $(ARGS)

bench-peers: ## Install what it is measured beside: Nchan and Pushpin from Debian, Tornado from PyPI
	@scripts/bench-peers

setup: ## Install what is missing on this machine; TIDINGS_TOOLCHAIN=rustup or debian picks the compiler
	@scripts/setup

pictures: ## Take the screenshots for the README; TIDINGS_BIN names a binary, else the debug build is used
	@scripts/setup rust browser fonts
	@[ -n "$$TIDINGS_BIN" ] || { scripts/cargo run --package xtask -- site && scripts/cargo build --workspace; }
	@cd end2end && node pictures.mjs
