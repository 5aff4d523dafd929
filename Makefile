# make run · make test · make lint · make bench · make messages · make screens

PYTHON ?= python3
BIN := .venv/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check

.PHONY: run test lint bench messages screens

run: .venv/run
	$(BIN)/comanda demo

test: .venv/test
	sh scripts/install-servers.sh
	sh scripts/test.sh $(BIN)/python

lint: .venv/test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	COMANDA_HOME=$$(mktemp -d) DJANGO_SETTINGS_MODULE=comanda.settings $(BIN)/python -m django makemigrations --check --dry-run

bench: .venv/test
	sh scripts/install-servers.sh
	for each in ingest journey way read screens; do $(BIN)/python -m bench.$$each || exit 1; done

messages: .venv/run
	sh scripts/messages.sh $(CURDIR)/$(BIN)/python

screens: .venv/test
	$(BIN)/python -m scripts.screens

.venv/run: requirements/run.txt pyproject.toml
	$(PYTHON) -m venv .venv
	$(PIP) --require-hashes -r requirements/run.txt
	$(PIP) --no-deps --no-build-isolation -e .
	touch $@

.venv/test: requirements/test.txt .venv/run
	$(PIP) --require-hashes -r requirements/test.txt
	touch $@
