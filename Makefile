# Canopy's commands. `make` alone lists them; everything that is already built is left alone.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-builtin-rules --no-print-directory
.DELETE_ON_ERROR:

# Node.js may live in .venv (deploy/setup/python.sh puts it there where the system's is missing or too old).
export PATH := $(CURDIR)/.venv/bin:$(PATH)

# Only from the command line: some shells keep the machine's own name in HOST.
HOST =
export HOST PORT CONFIG PROMETHEUS_URL SERVICE FAULT DURATION STOP DATA OUT

STEP := deploy/setup/step.sh
SYSTEM := deploy/setup/system.sh
MAVEN := mvn -B -ntp -f spring-services/pom.xml

UI := frontend/dist/index.html
UI_SOURCES := $(wildcard frontend/*.html frontend/*.ts frontend/*.json frontend/.npmrc) \
	$(shell find frontend/src frontend/public -type f 2>/dev/null)
SERVICES := order-service payment-service inventory-service
JARS := $(foreach service,$(SERVICES),spring-services/$(service)/target/$(service).jar)
JAVA_SOURCES := $(shell find spring-services -name target -prune -o -path '*/src/main/*' -type f -print -o -name pom.xml -print)

# The API's own description of itself.
OPENAPI := python -c 'import json; from backend.app import create_app; print(json.dumps(create_app().openapi()))' \
	> .stamps/openapi.json

# A stamp says that a step was done; FORCE repeats it when what it made has been deleted since.
missing = $(if $(filter-out $(wildcard $(1)),$(1)),FORCE)

.PHONY: help demo run fault clean-data test check bench scorecard api clean static fast-tests slow-tests system-% FORCE

##@ Use it

help: ## List these commands
	@awk 'BEGIN {FS = ":.*## "} \
		/^##@/ {printf "\n%s\n", substr($$0, 5)} \
		/^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(firstword $(MAKEFILE_LIST))
	@echo
	@echo 'Ports: PORT=9092 and, for the demo, PROMETHEUS_PORT=9190 ORDER_PORT=8081 PAYMENT_PORT=8082 INVENTORY_PORT=8083'

demo: system-demo ## Canopy with three real services to watch, at http://localhost:9092
	@$(MAKE) -s -j4 .stamps/python $(UI) .stamps/jars
	@exec .venv/bin/python -m deploy.demo

run: system-run ## Canopy alone, on your Prometheus: make run PROMETHEUS_URL=http://... [PORT= HOST= CONFIG=]
	@$(MAKE) -s -j4 .stamps/python $(UI)
	@if [ -n "$${PROMETHEUS_URL:-}" ]; then export CANOPY_PROMETHEUS__URL="$$PROMETHEUS_URL"; fi; \
	exec .venv/bin/python -m backend serve \
		$${CONFIG:+--config "$$CONFIG"} $${HOST:+--host "$$HOST"} $${PORT:+--port "$$PORT"}

fault: ## Break the demo: make fault SERVICE=payment-service FAULT=latency [DURATION=2m] [STOP=1]
	@if [ ! -e .stamps/python ]; then echo 'make fault: there is no demo here yet; start it with: make demo' >&2; exit 1; fi
	@.venv/bin/python -m deploy.demo.fault "$${SERVICE:-}" "$${FAULT:-}" $${DURATION:+--duration "$$DURATION"} $${STOP:+--stop}

clean-data: ## Remove all data of demo and run in this folder: readings, models, incidents, logs (lists, asks)
	@deploy/setup/clean-data.sh

##@ Work on it

check: static fast-tests ## The static checks and the fast tests (under five minutes)

test: fast-tests slow-tests ## Every test of every part, those that need real servers and a browser included

bench: system-test ## Measure everything but the screen; writes benchmarks/README.md's tables and plot
	@.venv/bin/python -m benchmarks report

scorecard: .stamps/python-dev ## Measure the detectors: make scorecard DATA=folder of series [OUT=docs/scorecard.md]
	@data="$${DATA:-$${CANOPY_TEST_DATA:-}}"; \
	if [ -z "$$data" ]; then \
		echo 'make scorecard: DATA=FOLDER is missing; docs/scorecard.md says where public data comes from' >&2; exit 2; \
	fi; \
	exec .venv/bin/python -m backend eval scorecard --data "$$data" --out "$${OUT:-docs/scorecard.md}"

bench-ui: system-test ## Measure the screen in a real browser, on a made-up shop
	@$(MAKE) -s $(UI)
	@npm --prefix frontend run --silent bench

api: .stamps/python .stamps/npm ## Make the UI's types anew, after a change of the API
	@$(OPENAPI)
	@npm --prefix frontend run --silent api -- $(CURDIR)/.stamps/openapi.json

clean: ## Remove what make built, and the demo's Prometheus; what Canopy stored stays (see clean-data)
	rm -rf .venv .stamps .demo frontend/node_modules frontend/dist frontend/test-results frontend/playwright-report
	rm -rf .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis canopy.egg-info
	rm -rf spring-services/target spring-services/*/target

# --- The parts of check and test. `make check test` runs what both want once.

static: system-test
	@$(MAKE) -s -j4 .stamps/python-dev .stamps/npm
	ruff check .
	ruff format --check .
	mypy
	lint-imports
	npm --prefix frontend run --silent check
	promtool check config prometheus.yml
	$(OPENAPI)
	@# Fails when the UI's types no longer fit the API; `make api` mends it.
	npm --prefix frontend run --silent api -- $(CURDIR)/.stamps/openapi.json --check

fast-tests: system-test
	@$(MAKE) -s -j4 .stamps/python-dev .stamps/npm
	pytest -n auto -m 'not real and not e2e and not slow'
	npm --prefix frontend test --silent

slow-tests: system-test
	@$(MAKE) -s -j4 .stamps/python-dev $(UI) .stamps/jars
	npm --prefix frontend run --silent size
	npm --prefix frontend run --silent e2e -- --project fixture
	$(MAVEN) -q verify
	@# The last of these starts the demo and drives it in a browser: Playwright's project `real`.
	pytest -m 'real or e2e or slow'

# --- Set-up: each piece is a step of its own, so that make -j does independent ones at the same time.

system-demo: ; @$(SYSTEM) python java prometheus
system-run: ; @$(SYSTEM) python
system-test: ; @$(SYSTEM) python java prometheus browser nginx

.venv/bin/python:
	@$(STEP) venv 'making .venv' 'install Python 3.11 or newer with its venv module' deploy/setup/python.sh venv

.stamps/python: requirements.txt pyproject.toml $(call missing,.venv/bin/python) | .venv/bin/python
	@$(STEP) python "installing $$(grep -c '^[a-z].*==' requirements.txt) packages" \
		'read the lines above; then run the same command again' deploy/setup/python.sh runtime
	@touch $@

# After .stamps/node: both call pip, and this one replaces pip itself.
.stamps/python-dev: requirements-dev.txt .stamps/python | .stamps/node
	@$(STEP) python-dev "installing $$(grep -c '^[a-z].*==' requirements-dev.txt) packages for tests and checks" \
		'read the lines above; then run the same command again' deploy/setup/python.sh dev
	@touch $@

.stamps/node: deploy/setup/requirements-node.txt $(call missing,.venv/bin/python) | .venv/bin/python
	@$(STEP) node 'looking for Node.js 20.19 or newer (else into .venv)' \
		'install Node.js 20.19 or newer with npm' deploy/setup/python.sh node
	@touch $@

.stamps/npm: frontend/package.json frontend/package-lock.json $(call missing,frontend/node_modules) | .stamps/node
	@$(STEP) npm 'installing the packages of the UI' \
		'read the lines above; then run the same command again' npm --prefix frontend ci
	@touch $@

$(UI): $(UI_SOURCES) .stamps/npm
	@$(STEP) ui 'building the UI' 'mend what the lines above name in frontend/' npm --prefix frontend run build
	@touch $@

.stamps/jars: $(JAVA_SOURCES) $(call missing,$(JARS))
	@$(STEP) java 'building the three services' 'mend what the lines above name in spring-services/' \
		$(MAVEN) -Dmaven.test.skip=true -Dspring-javaformat.validate.skip=true package
	@mkdir -p .stamps && touch $@
