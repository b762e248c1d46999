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

.PHONY: setup
setup: .venv/installed.txt $(CATALOGUES) ## .venv with the locked dependencies, and the translations

# Compared by content: a checkout that only touches the lock installs nothing.
.venv/installed.txt: requirements-dev.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
	    echo "Élan needs Python 3.11 or newer as $(PYTHON), and this is: $$($(PYTHON) --version 2>&1)." >&2; \
	    echo "With another one: make setup PYTHON=python3.12" >&2; exit 1; }
	@cmp -s $< $@ || { \
	    echo "Installing the locked dependencies into .venv (a minute or two, once)."; \
	    test -x $(BIN)/pip || $(PYTHON) -m venv .venv; \
	    $(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $<; }
	@cp $< $@

%.mo: %.po | .venv/installed.txt
	@$(BIN)/pybabel --quiet compile --input-file $< --output-file $@

# --- The demo: SQLite, a folder for a broker, and a world outside that is on this machine. -------------------
run demo-data free-ports: export DEMO = 1
run demo-data free-ports: export DATA_DIR := $(DATA_DIR)
run demo-data free-ports: export PUBLIC_URL = http://127.0.0.1:$(API_PORT)
run demo-data free-ports: export EMAIL_URL = smtp://127.0.0.1:$(SMTP_PORT)
run demo-data free-ports: export FCM_URL = http://127.0.0.1:$(OUTSIDE_PORT)
run demo-data free-ports: export FCM_CREDENTIALS_FILE = $(DATA_DIR)/outside/service-account.json
run demo-data free-ports: export API_PORT := $(API_PORT)
run demo-data free-ports: export OUTSIDE_PORT := $(OUTSIDE_PORT)
run demo-data free-ports: export SMTP_PORT := $(SMTP_PORT)

# `exec`: what stops make stops honcho, and honcho stops the processes. Its own reading of .env is turned off,
# for it would win over what is exported here.
.PHONY: run
run: setup free-ports demo-data ## the demo on http://127.0.0.1:8000, until Ctrl-C; the data stay in var/
	@exec $(BIN)/honcho --env /dev/null start

.PHONY: free-ports
free-ports: setup
	@for port in $(API_PORT) $(OUTSIDE_PORT) $(SMTP_PORT); do \
	    $(BIN)/python -c 'import socket, sys; socket.create_server(("127.0.0.1", int(sys.argv[1])))' $$port 2>/dev/null || { \
	        echo "Port $$port of 127.0.0.1 is taken, perhaps by another make run: stop what holds it, or choose others:" >&2; \
	        echo "make run API_PORT=8001 OUTSIDE_PORT=8026 SMTP_PORT=1026" >&2; exit 1; }; \
	done

# The service account names the port of the world outside: a new one at each start.
.PHONY: demo-data
demo-data: setup free-ports
	@rm -f "$$FCM_CREDENTIALS_FILE"
	@$(BIN)/python manage.py migrate --verbosity 0
	@test -d "$$DATA_DIR/static/admin" || $(BIN)/python manage.py collectstatic --noinput --verbosity 0
	@OUTBOX_NUDGE=False $(BIN)/python -m tests.support.daytime manage load_demo

# --- Checks and tests. ---------------------------------------------------------------------------------------
.PHONY: check
check: setup ## the static gate: lint, types, imports, migrations, contract
	$(BIN)/ruff check .
	$(BIN)/mypy .
	$(BIN)/lint-imports
	$(BIN)/python manage.py makemigrations --check --dry-run
	$(BIN)/python manage.py spectacular --validate --fail-on-warn --file .venv/api_schema.yml
	diff -u api_schema.yml .venv/api_schema.yml

.PHONY: test
test: export DATABASE_URL = sqlite:///$(DATA_DIR)/elan.sqlite3
test: export REDIS_URL =
test: export CELERY_BROKER_URL = filesystem://
test: setup ## the suite on SQLite
	$(BIN)/python -m pytest -n 2

# A DATABASE_URL of the environment (.ci/run gives one) is used when TEST_DATABASE_URL is not set.
.PHONY: test-postgres
test-postgres: setup ## the suite on PostgreSQL with Redis; TEST_DATABASE_URL names the server
	DATABASE_URL="$${TEST_DATABASE_URL:-$${DATABASE_URL:-postgres://postgres@127.0.0.1:5432/postgres}}" \
	REDIS_URL="$${REDIS_URL:-redis://127.0.0.1:6379/1}" \
	CELERY_BROKER_URL="$${CELERY_BROKER_URL:-redis://127.0.0.1:6379/0}" \
	SECRET_KEY="$${SECRET_KEY:-only-for-the-tests-on-this-machine-0123456789}" \
	$(BIN)/python -m pytest -n 2
