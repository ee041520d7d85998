# Everything runs in the virtual environment .venv; nothing is installed globally.
# Requires Python 3.11 or later (with venv) and make.
#
# On Windows without make, use a command prompt:
#
#     py -3 -m venv .venv
#     .venv\Scripts\python -m pip install -e .[test]
#     .venv\Scripts\dxreport demo
#     .venv\Scripts\python -m pytest -n auto

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.PHONY: help demo test quick attack test-fonts lint docs bench wheel clean

help:
	@echo 'make demo    play a whole quarter on the 26 real measures in demo/, which is replaced'
	@echo 'make test    run all tests (ARGS="-k merge" to select some)'
	@echo 'make quick   run the tests that need neither LibreOffice nor Chromium'
	@echo 'make attack  read thousands of damaged files, let every command die or fail wherever it writes, play whole years (MINUTES=30)'
	@echo 'make lint    check style, types and import contracts'
	@echo 'make docs    regenerate the documents made from the program'
	@echo 'make bench   run the benchmarks (NAME=help to run one)'
	@echo 'make wheel   build a wheel and an sdist in dist/'
	@echo 'make clean   remove everything the commands above made'

$(READY): setup.cfg setup.py pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or later is required: make PYTHON=python3.12 ...")'
	@$(PYTHON) -c 'import ensurepip' || { echo 'The venv module is missing; on Debian: apt-get install python3-venv'; exit 1; }
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[test]'
	@touch $@

demo: $(READY)
	rm -rf demo
	$(BIN)/dxreport demo demo

PYTEST := $(BIN)/python -m pytest -n auto --dist worksteal

test: $(READY)
	$(PYTEST) $(ARGS)

quick: $(READY)
	$(PYTEST) -m 'not libreoffice and not chromium' $(ARGS)

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
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[bench]'
	set -e; for file in benchmarks/$(or $(NAME),*).py; do $(BIN)/python $$file; done

wheel: $(READY)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check build
	$(BIN)/python -m build --quiet --outdir dist

clean:
	rm -rf $(VENV) demo build dist *.egg-info .pytest_cache .ruff_cache .mypy_cache .import_linter_cache .hypothesis
