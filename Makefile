# Every command a contributor or a pipeline runs. `make help` lists them.
.DEFAULT_GOAL := help
SHELL := bash
PYTHON ?= python3
BIN := .venv/bin
COMPILE := $(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
  --no-emit-find-links --custom-compile-command "make lock"

.PHONY: help
help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  \033[36m%-14s\033[0m %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.venv/.installed: requirements-dev.txt pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements-dev.txt
	$(BIN)/python -m pip install -q --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

.PHONY: install
install: .venv/.installed ## Make .venv with every pinned dependency

.PHONY: lock
lock: ## Renew the requirements files (add ARGS=--upgrade to move versions)
	$(COMPILE) $(ARGS) --all-extras pyproject.toml -o requirements-dev.txt
	$(COMPILE) $(ARGS) --extra operator -c requirements-dev.txt pyproject.toml -o requirements-operator.txt
	$(COMPILE) $(ARGS) --extra service -c requirements-dev.txt pyproject.toml -o requirements-service.txt

.PHONY: generate
generate: install ## Write the CRD and the reference page from the Pydantic models
	$(BIN)/python -m dataservice_operator.crd

.PHONY: format
format: install ## Format the code
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

.PHONY: check
check: install ## Lint, types, import contracts, generated files in step
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m dataservice_operator.crd --check

.PHONY: test-unit
test-unit: install ## Unit tests: no I/O, under 30 s
	$(BIN)/pytest -q tests/operator tests/service

.PHONY: test
test: check cluster ## Everything: unit, contract, API server and end to end, skipping nothing
	DATASERVICE_TEST_REQUIRE=1 $(BIN)/pytest

.PHONY: demo
demo: install ## From nothing to a working DataService on a real cluster, shown step by step
	$(BIN)/python -m tests.cluster demo

.PHONY: demo-down
demo-down: install ## Remove what make demo made (the cluster stays)
	$(BIN)/python -m tests.cluster demo --down

.PHONY: cluster
cluster: install ## Bring up the test clusters: an API server alone, and a node (kind where Docker runs)
	$(BIN)/python -m tests.cluster up --control-plane
	$(BIN)/python -m tests.cluster up

.PHONY: cluster-down
cluster-down: install ## Stop the test clusters and remove all that they made
	$(BIN)/python -m tests.cluster down --all
