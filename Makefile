# Griot on one machine. `make help` says what there is.
.DEFAULT_GOAL := help
SHELL := bash
MAKEFLAGS += --no-print-directory
# Without compiled modules each of the processes takes twice as long to start.
unexport PYTHONDONTWRITEBYTECODE

PYTHON ?= python3
BIN := .venv/bin
PACKAGES := griot_contracts griot_chassis griot_local fakewhatsapp api quota dispatcher session_manager griot_operator griot

# A folder of tests that is not there yet is no failure.
pytest = $(if $(wildcard $(1)),$(BIN)/pytest $(wildcard $(1)),@echo "no tests in: $(1)")

.PHONY: help
help: ## List the targets
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  make %-15s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: run
run: install ## Run Griot for your own WhatsApp; data stays in .griot/data, Ctrl-C stops it
	@$(BIN)/python -m griot_local run

.PHONY: demo
demo: install ## Show a message go all the way to a phone, on a WhatsApp network of this machine
	@$(BIN)/python -m griot_local demo

.PHONY: demo-check
demo-check: install ## The same, every step checked, and out
	@$(BIN)/python -m griot_local demo --check

.PHONY: test
test: lint types ## Everything that has to hold: lint, types, and all tests but the long ones
	$(call pytest,tests/unit tests/contract tests/integration tests/e2e tests/browser tests/chaos)

.PHONY: check
check: lint types unit contract ## What needs no server

.PHONY: install
install: ## Bring what is missing onto this machine; a moment when nothing is
	@$(PYTHON) deploy/local/install.py

.PHONY: lock
lock: install ## Pin what Griot stands on, anew; ARGS=--upgrade for newer versions
	UV=$(BIN)/uv deploy/local/lock.sh $(ARGS)

.PHONY: openapi
openapi: install ## Write docs/openapi.json, the description of the public API
	$(BIN)/python -m api.document

.PHONY: client
client: install ## Write the Python client's blocking half, from its asynchronous one
	$(BIN)/python clients/python/twin.py

.PHONY: fmt
fmt: install ## Format, and fix what can be fixed
	$(BIN)/ruff format
	$(BIN)/ruff check --fix

.PHONY: lint
lint: install ## Style, import contracts, sizes
	$(BIN)/ruff format --check
	$(BIN)/ruff check
	$(BIN)/lint-imports
	$(BIN)/python tests/lint/sizes.py

.PHONY: types
types: install ## Types, strictly
	$(BIN)/mypy $(addprefix -p ,$(PACKAGES))
	$(BIN)/mypy tests deploy/local/install.py clients/python/twin.py

.PHONY: unit
unit: install ## Pure code: no server, no clock
	$(call pytest,tests/unit)

.PHONY: contract
contract: install ## The language between services, against its golden samples
	$(call pytest,tests/contract)

.PHONY: integration
integration: install ## One adapter with its real server
	$(call pytest,tests/integration)

.PHONY: e2e
e2e: install ## The whole stack: the public API on one side, a phone on the other
	$(call pytest,tests/e2e)

.PHONY: browser
browser: install ## What a browser sees
	$(call pytest,tests/browser)

.PHONY: chaos
chaos: install ## Kill, stop and cut things in the middle of it, then count; SEED=n for the same again, LONG=1 for an hour
	@CHAOS_SEED=$(SEED) CHAOS_LONG=$(LONG) $(BIN)/pytest tests/chaos

.PHONY: bench
bench: install ## Measure, in about five minutes; prints the tables of docs/performance.md
	@$(BIN)/python tests/bench

.PHONY: bench-sessions
bench-sessions: install ## How long sessions are away when workers die, stop and come; a few minutes
	@$(BIN)/python tests/bench hand-over

.PHONY: bench-capacity
bench-capacity: install ## What 10, 100 and 500 sessions of one worker cost, and how soon they are back
	@$(BIN)/python tests/bench capacity
