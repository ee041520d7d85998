# Everything happens in a virtual environment of its own, .venv; nothing is installed globally.
# Needed: Python 3.11 or later (with venv), make.
#
# On Windows without make, in a command prompt:
#
#     py -3 -m venv .venv
#     .venv\Scripts\python -m pip install -e .[test]
#     .venv\Scripts\dxreport demo
#     .venv\Scripts\python -m pytest -n auto

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.PHONY: help demo test lint docs bench wheel clean

help:
	@echo 'make demo    a whole quarter on the 26 real measures, start to report, anew in demo/'
	@echo 'make test    all tests (ARGS="-k merge" for some of them)'
	@echo 'make lint    ruff, mypy, and the import contracts'
	@echo 'make docs    the documents made from the program, anew'
	@echo 'make bench   the benchmarks (NAME=help for one of them)'
	@echo 'make wheel   a wheel and an sdist in dist/'
	@echo 'make clean   remove what these have made'

$(READY): setup.cfg setup.py pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or later is needed: make PYTHON=python3.12 ...")'
	@$(PYTHON) -c 'import ensurepip' || { echo 'The venv module is missing; on Debian: apt-get install python3-venv'; exit 1; }
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[test]'
	@touch $@

demo: $(READY)
	rm -rf demo
	$(BIN)/dxreport demo demo

test: $(READY)
	$(BIN)/python -m pytest -n auto --dist worksteal $(ARGS)

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
