# Everything runs in the virtual environment .venv; nothing is installed globally.
# Requires Python 3.11 or later (with venv) and make.
#
# On Windows without make, use a command prompt:
#
#     py -3 -m venv .venv
#     .venv\Scripts\python -m pip install --require-hashes -r requirements.lock
#     .venv\Scripts\python -m pip install --no-deps --no-build-isolation -e .
#     .venv\Scripts\dxreport demo
#     .venv\Scripts\python -m pytest -n auto

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
PIP := $(BIN)/python -m pip --quiet --disable-pip-version-check
VERSION = $(shell sed -n 's/^__version__ = "\(.*\)"/\1/p' dxreport/__init__.py)
TOOLS := .venv-tools# for uv and pip-audit, which are no part of the locked environment

.PHONY: help demo test quick attack test-fonts lint docs bench lock audit wheel bundle clean

help:
	@echo 'make demo    play a whole quarter on the 26 real measures in demo/, which is replaced'
	@echo 'make test    run all tests (ARGS="-k merge" to select some)'
	@echo 'make quick   run a part of them in less than a minute, without LibreOffice or Chromium'
	@echo 'make attack  read thousands of damaged files, let every command die or fail wherever it writes, play whole years (MINUTES=30)'
	@echo 'make lint    check style, types and import contracts'
	@echo 'make docs    regenerate the documents made from the program'
	@echo 'make bench   run all benchmarks (ARGS=--write for RESULTS.md and the README, NAME=lens for one)'
	@echo 'make lock    renew the locks; UPGRADE= keeps the versions and takes in what setup.cfg says'
	@echo 'make audit   look for known vulnerabilities in what is locked'
	@echo 'make wheel   build a wheel and an sdist in dist/'
	@echo 'make bundle  put all that an office without a network installs into dist/bundle/ (PYTHONS="3.12 3.13")'
	@echo 'make clean   remove everything the commands above made'

$(READY): setup.cfg setup.py pyproject.toml requirements.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or later is required: make PYTHON=python3.12 ...")'
	@$(PYTHON) -c 'import ensurepip' || { echo 'The venv module is missing; on Debian: apt-get install python3-venv'; exit 1; }
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(PIP) install --require-hashes -r requirements.lock
	$(PIP) install --no-deps --no-build-isolation -e .
	@touch $@

$(TOOLS)/.ready:
	$(PYTHON) -m venv $(TOOLS)
	$(TOOLS)/bin/python -m pip --quiet --disable-pip-version-check install uv pip-audit
	@touch $@

demo: $(READY)
	rm -rf demo
	$(BIN)/dxreport demo demo

PYTEST := $(BIN)/python -m pytest -n auto --dist worksteal
unexport PYTHONDONTWRITEBYTECODE# each process that tests start would compile everything anew

test: $(READY)
	$(PYTEST) $(ARGS)

quick: $(READY)
	$(PYTEST) -m '(not slow or quick) and not libreoffice and not chromium' $(ARGS)

# Counts, and every file that ends in a traceback, hangs, or shows another reader something else; then every point at
# which a command writes; then whole years at the desk.
MINUTES := 30
attack: $(READY)
	$(BIN)/python -m tests.faults.attack $$(( $(MINUTES) * 60 )) $(SEED)
	set -e; for how in kill fail full; do $(BIN)/python -m tests.faults.points $$how; done
	$(BIN)/python -m tests.faults.years $$(( $(MINUTES) * 60 )) $(SEED)
	DXREPORT_AT_ONCE=20 $(BIN)/python -m pytest tests/faults/test_concurrent.py

# What depends on fonts, on a Debian that has no Japanese ones but IPAex.
test-fonts: $(READY)
	FONTCONFIG_FILE="$(CURDIR)/.ci/fonts.conf" $(PYTEST) -m 'libreoffice or chromium or pdf' $(ARGS)

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

docs: $(READY)
	$(BIN)/python -m tests.support.generated

bench: $(READY)
	$(BIN)/python benchmarks/$(or $(NAME),results).py $(ARGS)

# Versions with hashes, for every Python and system: what tests, checks and benchmarks need, and of it what the program
# itself needs.
UPGRADE := --upgrade
COMPILE := $(TOOLS)/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --annotation-style line \
    --custom-compile-command 'make lock'
lock: $(TOOLS)/.ready
	$(COMPILE) $(UPGRADE) --all-extras -o requirements.lock setup.cfg
	$(COMPILE) --upgrade --constraint requirements.lock -o requirements-run.lock setup.cfg

# Without a network there may be no pip-audit; the audit says so.
audit:
	@-$(MAKE) --silent --no-print-directory $(TOOLS)/.ready
	@$(PYTHON) .ci/audit.py $(TOOLS)/bin/pip-audit requirements.lock

wheel: $(READY)
	rm -rf build
	$(PIP) wheel --no-deps --no-build-isolation --wheel-dir dist .
	$(BIN)/python -c 'from setuptools import build_meta; build_meta.build_sdist("dist")' >/dev/null

# Wheels for Windows and Linux. pip judges markers by the machine it runs on, so uv names what each target needs.
PYTHONS := 3.11 3.12 3.13
WINDOWS := --platform win_amd64
LINUX := $(foreach tag,manylinux_2_28 manylinux_2_17 manylinux2014,--platform $(tag)_x86_64)
bundle: wheel $(TOOLS)/.ready
	rm -rf dist/bundle
	mkdir dist/bundle
	set -e; for python in $(PYTHONS); do for system in 'windows $(WINDOWS)' 'linux $(LINUX)'; do \
	    set -- $$system; named=build/$$1-$$python.txt; \
	    $(TOOLS)/bin/uv pip compile --quiet --python-version $$python --python-platform $$1 --generate-hashes \
	        -o $$named requirements-run.lock; \
	    shift; $(PIP) download --no-deps --only-binary :all: --python-version $$python $$* --require-hashes \
	        -r $$named --dest dist/bundle; \
	done; done
	cp dist/dxreport-$(VERSION)-py3-none-any.whl dist/bundle
	{ cat requirements-run.lock; echo 'dxreport==$(VERSION) \'; \
	    $(BIN)/python -m pip hash dist/dxreport-$(VERSION)-py3-none-any.whl | tail -n 1; } >dist/bundle/requirements.txt

clean:
	rm -rf $(VENV) $(TOOLS) demo build dist *.egg-info .pytest_cache .ruff_cache .mypy_cache .import_linter_cache .hypothesis
