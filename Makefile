# `make help` lists what there is. Every target prepares what it needs and does nothing twice.
SHELL := /bin/sh
PYTHON := .venv/bin/python
UV ?= uv
export CALLCENTER_PBX ?= $(CURDIR)/var/pbx

# The Python environment with Asterisk, and the web application, wait for the network most of the time. What only some tests need, run_tests.py
# brings beside those that do without.
SIDE_BY_SIDE = $(MAKE) --no-print-directory -j 2

.DEFAULT_GOAL := help
.PHONY: help run test test-fast check bench faults web venv pbx speech packages packages-test test-model lock clean

help: ## what there is
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: packages ## prepare everything and run it with an invented hospital, until Ctrl-C
	@$(SIDE_BY_SIDE) web pbx
	@tools/bootstrap.sh speech-beside $$$$ && exec $(PYTHON) -m callcenter up --demo

test: packages-test ## all checks and tests: check, unit, component, telephony, browser
	@$(SIDE_BY_SIDE) web venv
	@$(PYTHON) tools/run_tests.py

test-fast: venv ## unit tests only
	@$(PYTHON) tools/run_tests.py unit

check: venv web ## lint, import contracts, types
	@$(PYTHON) tools/run_tests.py check

bench: packages venv pbx ## measure it beside the alternatives; ratios go to docs/benchmarks.md
	@$(PYTHON) -m callcenter bench

faults: packages-test web test-model pbx ## every fault and attack with its full count; takes long
	@CALLCENTER_FAULTS=full $(PYTHON) tools/run_tests.py component telephony

web: ## build the web application into callcenter/api/static
	@tools/bootstrap.sh web

venv: ## the Python environment, from the lock files
	@tools/bootstrap.sh venv

pbx: packages venv ## an Asterisk tree, unless there is one
	@tools/bootstrap.sh pbx

speech: packages venv ## listening to callers and speaking names: packages and models, about 1 GB
	@tools/bootstrap.sh speech

test-model: venv
	@tools/bootstrap.sh test-model

packages:
	@tools/bootstrap.sh packages

packages-test:
	@tools/bootstrap.sh packages test

COMPILE = $(UV) pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url

lock: ## make the requirements lock files anew (needs uv)
	$(COMPILE) pyproject.toml -o requirements.lock
	$(COMPILE) pyproject.toml --group test -o requirements-test.lock
	$(COMPILE) pyproject.toml --extra sounds -o requirements-sounds.lock
	$(COMPILE) tools/web.in -o requirements-web.lock

clean: ## remove what was built; keeps var/ (data, Asterisk)
	rm -rf .venv .venv-node web/node_modules callcenter/api/static .ruff_cache .pytest_cache .hypothesis
	find callcenter crm tests bench tools -name __pycache__ -type d -prune -exec rm -rf {} +
