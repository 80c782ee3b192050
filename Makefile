# riskcockpit: `make help` lists the targets. Needs make and Python 3.11 or later, nothing else.
PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
VENV := .venv
BIN := $(VENV)/bin
TESTS ?= tests
# One worker more than cores: some tests wait for real servers and terminals.
WORKERS := $(shell n=$$(getconf _NPROCESSORS_ONLN 2>/dev/null || echo 2); echo $$((n + 1)))
PYTEST_ARGS ?= -n $(WORKERS) --dist loadfile --no-loadscope-reorder

.DEFAULT_GOAL := help
.PHONY: help demo test check fmt bench setup lint types contracts servers test-duckdb2 fuzz clean

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / {printf "  %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(VENV)/.run: pyproject.toml constraints.txt
	@test -n "$(PYTHON)" || { echo "error: no Python 3.11 or later found"; \
		echo "hint: install it, or name it: make PYTHON=/path/to/python3.12 demo"; exit 2; }
	@$(PYTHON) -m venv $(VENV) || { echo "error: $(PYTHON) cannot make a virtual environment"; \
		echo "hint: on Debian install the package python3-venv"; exit 2; }
	@echo "installing riskcockpit into $(VENV) …" >&2
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e .
	@touch $@

$(VENV)/.dev: $(VENV)/.run
	@echo "installing the tools for tests …" >&2
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	@touch $@

setup: $(VENV)/.dev ## Install everything for development into .venv

demo: $(VENV)/.run ## The bank in a box: open the cockpit on a simulated bank
	@$(BIN)/riskcockpit demo

servers: ## Get the real servers that the tests drive; says so when it cannot
	@scripts/get-test-servers

test: $(VENV)/.dev servers ## Run all tests
	$(BIN)/python -m pytest $(PYTEST_ARGS) $(TESTS)

test-duckdb2: $(VENV)/.dev ## Run the tests that touch the cache on DuckDB 2.0
	@test -d .tools/duckdb2/duckdb || $(BIN)/python -m pip install --quiet \
		--disable-pip-version-check --no-deps --target .tools/duckdb2 'duckdb==2.0.1'
	PYTHONPATH=.tools/duckdb2 $(BIN)/python -m pytest $(PYTEST_ARGS) \
		tests/store tests/kpis tests/architecture/test_sql_binds.py \
		tests/ingest/test_vex.py tests/ingest/test_lifecycle.py tests/controls/test_run.py \
		tests/services/test_findings.py tests/services/test_models_view.py

lint: $(VENV)/.dev ## Ruff: rules and format
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/.dev ## mypy, strict
	$(BIN)/mypy

contracts: $(VENV)/.dev ## Import contracts
	$(BIN)/lint-imports

check: lint types contracts test test-duckdb2 ## All that CI runs

fmt: $(VENV)/.dev ## Format and mend what can be mended by itself
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(VENV)/.dev ## Measure speed as ratios; takes some minutes
	$(BIN)/python -m bench

fuzz: $(VENV)/.dev ## Mutate reports of all formats for MINUTES (30) and keep what breaks a reader
	$(BIN)/python scripts/fuzz_formats.py --minutes $(or $(MINUTES),30)

clean: ## Remove environments and caches
	rm -rf $(VENV) .venv-mlflow .tools .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
