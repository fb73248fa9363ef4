# Hebdo in a few words: `make help`. Everything is installed into .venv from the locks, by hash.

PYTHON ?= $(shell for each in python3 python3.14 python3.13 python3.12 python3.11; do \
	"$$each" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo "$$each" && break; done)
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --no-input install --quiet --require-virtualenv
CATALOGUES := $(wildcard app/translations/*/LC_MESSAGES/messages.po)
TESTS ?=
BENCH ?=
UV_COMPILE := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-emit-find-links --no-header --no-annotate

.DEFAULT_GOAL := help
.PHONY: help run install setup setup-browser setup-judges translations catalogue test check pictures chaos bench lighthouse lock clean

help: ## What one can make
	@grep -E '^[a-z-]+:.*## ' Makefile | awk -F ':.*## ' '{ printf "  make %-14s %s\n", $$1, $$2 }'

run: $(VENV)/.run translations ## The whole service on this machine; Ctrl-C ends it
	@$(BIN)/hebdo up

install: $(VENV)/.run translations ## The command .venv/bin/hebdo, for a service without Docker
	@echo "Ready: $(BIN)/hebdo --help"

setup: $(VENV)/.test translations ## Everything the tests and checks need, from pip alone
	@echo "Ready: make test, make check."

setup-browser: setup ## What the browser tests need: Chromium, from the system's packages
	@command -v chromium >/dev/null || { [ "$$(id -u)" = 0 ] \
		&& apt-get update -qq && apt-get install -y -qq chromium fonts-dejavu fonts-liberation >/dev/null; } \
		|| { echo "Chromium is missing. Install it (Debian: apt install chromium), then try again."; exit 1; }

setup-judges: setup ## What the outside judges need: Postfix's tools, OpenDKIM, SpamAssassin, npm's MJML and Lighthouse
	@command -v smtp-sink >/dev/null || { [ "$$(id -u)" = 0 ] && apt-get update -qq \
		&& DEBIAN_FRONTEND=noninteractive apt-get install -y -qq postfix opendkim-tools spamassassin >/dev/null; } \
		|| { echo "Postfix's tools are missing (Debian: apt install postfix opendkim-tools spamassassin)."; exit 1; }
	@for judge in mjml-reference lighthouse; do ( cd bench/$$judge && { [ -d node_modules ] || \
		npm ci --silent --no-audit --no-fund --ignore-scripts; } ) || exit 1; done

translations: $(CATALOGUES:.po=.mo)

%.mo: %.po | $(VENV)/.run
	@$(BIN)/pybabel --quiet compile --input-file=$< --output-file=$@

catalogue: $(VENV)/.run ## Take new sentences into the translations; then translate them there
	@$(BIN)/pybabel --quiet extract --mapping-file=app/translations/babel.cfg --no-location --sort-output \
		--project=Hebdo --output-file=$(VENV)/messages.pot app tasks
	@$(BIN)/pybabel --quiet update --input-file=$(VENV)/messages.pot --output-dir=app/translations --width=100 \
		--no-fuzzy-matching --ignore-obsolete --ignore-pot-creation-date

test: $(VENV)/.test translations ## All tests; says at the end what this machine could not prove
	@$(BIN)/python -m pytest -n 2 --dist worksteal $(TESTS)

check: $(VENV)/.test ## Style, types, and who may import whom
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

pictures: $(VENV)/.test translations ## The pictures of the README, taken anew
	@PYTHONPATH=. $(BIN)/python docs/screenshots.py

chaos: $(VENV)/.test ## The long form of the chaos tests: more readers, kills and seeds (an hour and more)
	@HEBDO_CHAOS=long $(BIN)/python -m pytest -n 3 --dist worksteal tests/chaos

bench: $(VENV)/.test ## What sending and serving cost, beside other senders and a bare page (20 minutes; BENCH=--quick: fewer; needs make setup-browser setup-judges, and wrk)
	@$(BIN)/python -m bench.mjml_reference
	@PYTHONPATH=. $(BIN)/python -m bench $(BENCH)

lighthouse: $(VENV)/.test translations ## Lighthouse on sign-up, archive and an issue (needs make setup-judges)
	@PYTHONPATH=. $(BIN)/python -m bench.lighthouse

lock: $(VENV)/.test ## Choose versions anew within pyproject's bounds
	@$(UV_COMPILE) --upgrade pyproject.toml --extra build --output-file requirements.lock
	@$(UV_COMPILE) --upgrade pyproject.toml --extra build --extra test \
		--constraint requirements.lock --output-file requirements-test.lock

clean: ## Take away .venv and what tools left; var/ (your data) stays
	@rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis *.egg-info

$(VENV)/bin/python:
	@[ -n "$(PYTHON)" ] || { echo "Hebdo needs Python 3.11 or newer, and found none. \
	Install one, or name it: make run PYTHON=/path/to/python3"; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
		echo "Hebdo needs Python 3.11 or newer; $(PYTHON) is $$($(PYTHON) -V 2>&1 || echo absent)."; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
		echo "Python's venv module is missing. Debian and Ubuntu: apt install python3-venv"; exit 1; }
	@echo "Making the virtual environment in $(VENV) ..."
	@$(PYTHON) -m venv $(VENV)

$(VENV)/.run: requirements.lock pyproject.toml | $(VENV)/bin/python
	@echo "Installing what requirements.lock names (about a minute the first time) ..."
	@$(PIP) --require-hashes --requirement requirements.lock
	@$(PIP) --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.test: requirements-test.lock $(VENV)/.run
	@echo "Installing what the tests need ..."
	@# dkimpy comes as source: built with the setuptools of the lock, so that nothing unlocked is fetched.
	@$(PIP) --no-build-isolation --use-pep517 --require-hashes --requirement requirements-test.lock
	@touch $@
