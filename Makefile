# `make` lists the targets. Each target installs what it needs first.
.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help run cluster build dist test test-packages chaos fuzz lint docs conformance bench bench-peers smoothness setup pictures

help: ## Print this list
	@sed -n 's/^\([a-z-]*\):[^#]*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 15

run: quick ## Build, start the server, and print its address; ARGS="--listen 127.0.0.1:8030" are flags of the server
	@echo "Starting. Open the first page in two tabs, and the panel in a third. Ctrl-C stops."
	@exec target/quick/tidings serve $(ARGS)

cluster: quick ## Start three nodes, three nats-servers and a balancer on this machine; ARGS="--nodes 5", ARGS=--help lists more
	@scripts/setup nats
	@scripts/cargo run --quiet --profile quick --package local-cluster -- $(ARGS)

build: ## Build target/release/tidings with its pages
	@scripts/setup rust npm
	@scripts/build

# The same program, not optimised across crates, so that it builds sooner.
.PHONY: quick
quick:
	@scripts/setup rust npm
	@scripts/build quick

dist: ## Build static programs, Debian packages and images in target/dist; ARGS=x86_64 builds only these
	@scripts/dist $(ARGS)

test-packages: ## Install what `make dist` has built in an empty Debian, push, receive, and remove it; as root
	@scripts/test-packages

test: ## Run everything that CI runs: style, lints, Rust tests, browser tests
	@scripts/test

chaos: ## Break parts of a cluster at random under load, for minutes; ARGS is the number of faults
	@scripts/setup rust nats
	@TIDINGS_CHAOS_FAULTS=$(or $(ARGS),100) scripts/cargo test --package tidings --test cluster -- --nocapture chaos::

fuzz: ## Give everything that reads bytes from outside made-up ones; SECONDS is the time for each target
	@scripts/setup rust fuzz
	@scripts/fuzz $(or $(SECONDS),60) $(ARGS)

lint: ## Check style and lints of the server and the pages
	@scripts/setup rust lint
	@scripts/lint

docs: ## Check the documentation and run its examples; ARGS=--write makes docs/reference/ from the code first
	@scripts/setup rust docs
	@scripts/cargo build --package tidings
	@scripts/check-docs $(ARGS)

conformance: ## Run the conformance tests of the Mercure hub; MERCURE is a copy of its repository, outside of this one
	@scripts/setup rust npm browser
	@scripts/cargo build --package tidings
	@scripts/conformance "$(MERCURE)" $(ARGS)

bench: ## Measure it and compare it with the minimum cost on this machine; ARGS="--full" for the large sizes
	@scripts/setup rust nats
	@scripts/cargo build --release --package tidings
	@scripts/cargo run --release --package bench -- $(ARGS)

bench-peers: ## Install the servers to compare with: Nchan and Pushpin from Debian, Tornado from PyPI, Centrifugo with Go
	@scripts/bench-peers

smoothness: ## Measure how long the panel blocks its user, with 100,000 clients and 10,000 messages; TIDINGS_BIN names a binary, else the debug build is used
	@scripts/setup rust npm browser
	@[ -n "$$TIDINGS_BIN" ] || { scripts/cargo run --package xtask -- site && scripts/cargo build --package tidings; }
	@cd end2end && node smoothness.mjs

setup: ## Install missing tools; TIDINGS_TOOLCHAIN=rustup, system or debian selects the compiler
	@scripts/setup

pictures: ## Take the screenshots for the README; TIDINGS_BIN names a binary, else the debug build is used
	@scripts/setup rust browser fonts
	@[ -n "$$TIDINGS_BIN" ] || { scripts/cargo run --package xtask -- site && scripts/cargo build --workspace; }
	@cd end2end && node pictures.mjs
