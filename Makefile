# The verbs people type. CI runs `make test`, so a green laptop and a green CI mean the same.
PYTHON ?= python3
BIN := .venv/bin
# Many tests wait for cameras, servers and clocks: half as many again as there are cores keep these busy, and leave
# room for tests that start processes of their own.
WORKERS := $(shell expr $$(nproc) \* 3 / 2)

# What is compiled is kept: the tests start some hundred programs, and each process of them loads all tests.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: setup demo test check bench docs lock clean

setup: .venv/.ready

# Everything is pinned with hashes in requirements.lock; nothing is resolved here. Compiled is what is used, when
# it is used first: all of it would take half as long again.
.venv/.ready: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(not (3,11) <= sys.version_info[:2] <= (3,14))' || \
		{ echo "Sightline needs Python 3.11 to 3.14; call: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 2; }
	@echo "Setting up .venv (a minute or two the first time)"
	@$(PYTHON) -m venv .venv || { echo "python3-venv is missing; on Debian: apt-get install python3-venv"; exit 2; }
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-compile --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

demo: setup
	@$(BIN)/sightline demo

check: setup
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/python tests/guards/file_lengths.py

# What the system lacks comes over the network while the environment is made; then one processor compiles the
# tests, and the checks go on beside them. Files of tests lie in memory where there is plenty: nothing waits for a
# disk to flush then.
FILES := $(shell test "$$(df -Pk /dev/shm 2>/dev/null | awk 'END {print $$4}')" -gt 8000000 2>/dev/null && echo /dev/shm)

test:
	@sh tests/system_parts.sh & $(MAKE) --no-print-directory setup && wait
	@$(MAKE) --no-print-directory check & checks=$$!; \
	$(BIN)/pytest --collect-only -W ignore::SyntaxWarning >/dev/null 2>&1; \
	PYTEST_DEBUG_TEMPROOT=$(FILES) $(BIN)/pytest -n $(WORKERS) --dist worksteal; tests=$$?; \
	wait $$checks && exit $$tests

bench: setup
	@$(BIN)/sightline bench pipeline

# The pages of docs/ are plain Markdown; this proves that what they point at exists.
docs: setup
	@$(BIN)/pytest tests/guards -q

# Needs uv: pins every package for every Python from 3.11 to 3.14, with hashes.
lock:
	@uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header \
		--all-extras --group dev --no-emit-package sightline pyproject.toml -o requirements.lock

clean:
	@rm -rf .venv sightline-data sightline-demo out
