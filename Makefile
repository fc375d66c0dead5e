# Two commands are enough: `make up` and `make test`. Everything else builds on the environment they make.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
UV_VERSION := 0.13.8
READY := $(VENV)/.ready
MODELS := src/foulweather/models/VERSION
PYTEST_WORKERS ?= auto

PORT ?= 4566

.PHONY: up down test clients drills check check-all bench types models clean help

help:  ## Show the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | sort

up: $(READY)  ## Start the cloud on 127.0.0.1:4566 and print the first things to try
	@$(BIN)/foulweather up --port $(PORT)

down: $(READY)  ## Stop the cloud
	@$(BIN)/foulweather down

test: $(READY)  ## Run the tests
	@$(BIN)/python -m pytest -n $(PYTEST_WORKERS) -m "not slow"

clients: $(READY)  ## Terraform's whole cycle (needs terraform and a mirror of its AWS provider)
	@$(BIN)/python -m pytest tests/clients/test_terraform.py

drills: $(READY)  ## Prove every drill with the stock AWS CLI
	@$(BIN)/foulweather drill verify --all

check: $(READY) types  ## Format, lint, types, layers, tidiness
	@$(BIN)/ruff format --check src tests scripts bench
	@$(BIN)/ruff check src tests scripts bench
	@$(BIN)/pyright
	@$(BIN)/lint-imports
	@$(BIN)/python -m pytest tests/tidy

check-all: check  ## Everything, with the slow suites: fuzzers, long random worlds, kill -9
	@$(BIN)/python -m pytest -n $(PYTEST_WORKERS)
	@$(BIN)/python -m pytest -m slow

bench: $(READY)  ## Measure side by side with peers; writes bench/results/
	@$(BIN)/python -m bench

types: $(READY)  ## Generate typings/ from botocore's models
	@$(BIN)/python scripts/build_types.py

models: $(MODELS)  ## Strip botocore's models into src/foulweather/models/

$(READY): requirements.lock pyproject.toml
	@command -v $(PYTHON) >/dev/null || { echo "Python 3.11 or newer is needed"; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed, $(PYTHON) is older"; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "Installing the locked dependencies into $(VENV) ..."
	@if $(BIN)/python -m pip install -q --disable-pip-version-check uv==$(UV_VERSION) >/dev/null 2>&1; then \
		$(BIN)/uv pip sync -q --python $(BIN)/python --require-hashes requirements.lock && \
		$(BIN)/uv pip install -q --python $(BIN)/python --no-deps --no-build-isolation -e . ; \
	else \
		$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes --no-deps -r requirements.lock && \
		$(BIN)/python -m pip install -q --disable-pip-version-check --no-deps --no-build-isolation -e . ; \
	fi
	@$(BIN)/python scripts/build_models.py
	@touch $(READY)

$(MODELS): $(READY)
	@$(BIN)/python scripts/build_models.py

clean:  ## Remove the environment and what was generated
	rm -rf $(VENV) typings src/foulweather/models bench/results
