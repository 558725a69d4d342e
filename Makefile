# `make demo` certifies bundled data into out/; `make test` runs the tests. Both make .venv first.
# Needs of the system: make, Python >= 3.11 and its venv module (Debian: apt-get install make python3-venv).

VENV := .venv
BIN := $(VENV)/bin
SOURCE ?= wine

candidates := $(or $(PYTHON),python3 python3.14 python3.13 python3.12 python3.11)
python = $(shell for p in $(candidates); do \
  $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
venv-works = $(shell $(python) -c 'import venv, ensurepip' 2>/dev/null && echo yes)

install = $(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable

.PHONY: demo test lint format types wheel clean

demo: $(VENV)/run.stamp
	@mkdir -p out
	$(BIN)/certify dataset $(SOURCE) --normalize -o out/$(SOURCE).html -o out/$(SOURCE).json

test: $(VENV)/test.stamp
	$(BIN)/python -m pytest --numprocesses auto --dist loadfile

lint: $(VENV)/dev.stamp
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

format: $(VENV)/dev.stamp
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

types: $(VENV)/dev.stamp
	$(BIN)/mypy

# The wheel carries all that the source tree has: run it from elsewhere, on its own files alone.
wheel: $(VENV)/run.stamp
	rm -rf build/wheel && mkdir -p build/wheel
	$(BIN)/python -m pip wheel --quiet --disable-pip-version-check --no-deps --wheel-dir build/wheel .
	$(BIN)/python -m zipfile -e build/wheel/certify_ntk-*.whl build/wheel/site
	cd build/wheel && export PYTHONPATH=site && \
	  ../../$(BIN)/python -m certify dataset sphere:n=8,d=4,seed=0 --quiet -o out.json -o out.html -o out.tex && \
	  ../../$(BIN)/python -m certify theorem show relu.width >proof.txt && \
	  ../../$(BIN)/python -c 'from certify.coq import sources; sources()'
	@echo "the wheel works"

$(BIN)/python:
	$(if $(python),,$(error certify needs Python >= 3.11, and none of "$(candidates)" is that: \
	  apt-get install python3 on Debian 12 or later, or name one: make PYTHON=/path/to/python3))
	$(if $(venv-works),,$(error $(python) has no venv module: apt-get install python3-venv))
	@rm -rf $(VENV)
	$(python) -m venv $(VENV)

$(VENV)/run.stamp: pyproject.toml constraints.txt | $(BIN)/python
	$(install) .
	@touch $@

$(VENV)/test.stamp: pyproject.toml constraints.txt | $(BIN)/python
	$(install) '.[test,parquet,dask,sdp]'
	@touch $@

$(VENV)/dev.stamp: pyproject.toml constraints.txt | $(BIN)/python
	$(install) '.[test,parquet,dask,sdp,dev]'
	@touch $@

clean:
	rm -rf $(VENV) build dist out .mypy_cache .ruff_cache .pytest_cache .hypothesis
