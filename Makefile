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
generate: install ## Write what is made from other files: CRD, reference page, k8s/plain, the chart's templates, Argo CD's part
	$(BIN)/python -m delivery.generate

.PHONY: diagrams
diagrams: install ## Draw the pictures in docs/ whose sources have changed (needs Graphviz)
	$(BIN)/python -m delivery.diagrams

.PHONY: pictures
pictures: install ## Draw the panels of docs/monitoring.md from a real Prometheus's answers (five minutes)
	$(BIN)/python -m tests.cluster up
	$(BIN)/python -m benchmarks.monitoring $(ARGS)

.PHONY: images
images: install ## Build both images and say how large they are
	$(BIN)/python -m tests.cluster sizes

.PHONY: bench-operator
bench-operator: install ## Measure the operator beside a bare client and kro, and write docs/benchmarks/operator.md (the longest of the benchmarks)
	$(BIN)/python -m tests.cluster up --control-plane
	$(BIN)/python -m benchmarks.operator --page docs/benchmarks/operator.md $(ARGS)

.PHONY: bench-service
bench-service: install ## Measure the service beside a naive baseline, and write docs/benchmarks/service.md (ten minutes)
	$(BIN)/python -m benchmarks.service --page docs/benchmarks/service.md $(ARGS)

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
	$(BIN)/hadolint Dockerfile.operator Dockerfile.service
	$(BIN)/python -m delivery.generate --check
	$(BIN)/python -m delivery.diagrams --check

.PHONY: test-unit
test-unit: install ## Unit tests: no I/O, under 30 s
	$(BIN)/pytest -q -n 2 -m "not (tools or apiserver or e2e)" tests/operator tests/service tests/cli tests/delivery

.PHONY: test
test: check cluster tools ## Everything: unit, contract, API server, end to end and delivery, skipping nothing
	DATASERVICE_TEST_REQUIRE=1 $(BIN)/pytest

.PHONY: test-faults
test-faults: install ## Break what operator and service stand on, and look what comes of it (20 minutes; ARGS="operator --help" for one)
	$(BIN)/python -m tests.cluster up --control-plane
	$(BIN)/python -m tests.faults $(or $(ARGS),all)

.PHONY: soak
soak: install ## Let the operator with 10,000 DataServices run for 40 minutes, then the service for 20 (ARGS="--count 500 --seconds 60")
	$(BIN)/python -m tests.cluster up --control-plane
	$(BIN)/python -m tests.faults soak $(ARGS)

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

.PHONY: tools
tools: install ## Have what the delivery is checked with (Helm, linters, Graphviz and more), and what is measured beside (kro)
	$(BIN)/python -m tests.cluster tools

.PHONY: cluster-down
cluster-down: install ## Stop the test clusters and remove all that they made
	$(BIN)/python -m tests.cluster down --all
