# Two commands matter: `make demo` and `make test`. Both work on a fresh clone.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check
OUT ?= out

SEEDS ?= 1 2

.PHONY: help demo test check format docs qgis gallery catalogue data bench benchmarks kills fuzz test-oldest clean \
  .types .others

help:
	@echo "make demo   plates, data and tables of Lens-Liévin, written in $(OUT)/"
	@echo "make test   the whole suite (checks, unit, property, doctests, notebooks)"
	@echo "make check  format, lint, types, import contract"
	@echo "make format rewrite the code in the house style"
	@echo "make docs   build the site in build/site: guide, reference, gallery, catalogue"
	@echo "make gallery rebuild the gallery of maps (docs/gallery)"
	@echo "make catalogue rewrite the page of the indicators (docs/catalogue)"
	@echo "make qgis   open what is written in the QGIS that is installed (QGIS=its Python)"
	@echo "make data   rebuild the embedded data and compare them byte for byte"
	@echo "make benchmarks  measure speed and size"
	@echo "make bench  race the peers, and write docs/benchmarks.md; RUNS=5"
	@echo "make fuzz   give every verb what nobody should (docs/reliability.md); SEEDS='1 2' PROCESSES=2"
	@echo "make test-oldest  the suite with the lowest versions that are declared"
	@echo "make kills  kill writers at every moment (docs/reliability.md); SEEDS='1 2'"

# A stamp per set of packages, so that the second call reuses the environment
# and an interrupted installation is taken up again.
$(VENV)/.made:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "basinmap needs Python 3.11 or later; try: make PYTHON=python3.12 $(MAKECMDGOALS)" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)
	@touch $@

$(VENV)/.package: pyproject.toml $(VENV)/.made
	@echo "Installing basinmap in $(VENV) (the first time takes a minute or two)" >&2
	@$(PIP) -e .
	@touch $@

$(VENV)/.tools: pyproject.toml $(VENV)/.made
	@echo "Installing basinmap and its test tools in $(VENV)" >&2
	@$(PIP) -e '.[dev]'
	@touch $@ $(VENV)/.package

$(VENV)/.docs: pyproject.toml $(VENV)/.made
	@echo "Installing basinmap and what builds its site in $(VENV)" >&2
	@$(PIP) -e '.[docs]'
	@touch $@ $(VENV)/.package

demo: $(VENV)/.package
	@$(BIN)/basinmap demo --out $(OUT)

# Compiled code is kept, whatever the machine says: without it each of the processes that
# tests start compiles the library again.
test: export PYTHONDONTWRITEBYTECODE =
test: check
	@$(BIN)/python -m pytest

check: $(VENV)/.tools
	@$(MAKE) --no-print-directory -j 2 -O .types .others

# One uses a core for as long as the others together.
.types: $(VENV)/.tools
	@$(BIN)/mypy

.others: $(VENV)/.tools
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/lint-imports
	@$(BIN)/numpydoc lint basinmap/*.py basinmap/*/*.py basinmap/*/*/*.py

format: $(VENV)/.tools
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

gallery: $(VENV)/.tools
	@$(BIN)/python docs/gallery/build.py

# Of the notebooks, those that changed are run again (build/notebooks); NOTEBOOKS=off: none.
NOTEBOOKS ?= cache
docs: $(VENV)/.docs
	@BASINMAP_NOTEBOOKS=$(NOTEBOOKS) $(BIN)/python docs/build.py
	@echo "build/site/index.html"

catalogue: $(VENV)/.tools
	@$(BIN)/python docs/catalogue/build.py

# Projects, packages and toolbox in QGIS itself; without it, what needs it is skipped.
QGIS ?= /usr/bin/python3
qgis: $(VENV)/.tools
	@BASINMAP_QGIS_PYTHON=$(QGIS) $(BIN)/python -m pytest -n 1 tests/test_qgis.py tests/test_qgis_toolbox.py

data: $(VENV)/.made
	$(PIP) -r data/requirements.txt
	$(BIN)/python data/build.py --check

benchmarks: $(VENV)/.tools
	$(BIN)/python benchmarks/house.py

# Beside its peers, which it installs: table and figures of docs/benchmarks.md.
RUNS ?= 5
bench: $(VENV)/.tools
	@$(PIP) -e '.[bench]'
	@$(BIN)/python benchmarks/bench.py --runs $(RUNS)

# What is done is kept in OUT: a run that was stopped goes on. FUZZ=--keep keeps what was
# right of another state of the code; FUZZ='--only rings' tries one verb.
PROCESSES ?= 2
FUZZ ?=
fuzz: $(VENV)/.tools
	@$(BIN)/python tests/fuzz.py --seeds $(SEEDS) --processes $(PROCESSES) \
	  --journal $(OUT) $(FUZZ)

# Of what pyproject declares the lowest, of what that needs the newest.
OLDEST ?= /tmp/basinmap-oldest
test-oldest: pyproject.toml
	@$(PYTHON) -m venv $(OLDEST)
	@$(OLDEST)/bin/python -m pip install --quiet --disable-pip-version-check uv
	@$(OLDEST)/bin/uv pip compile --quiet --resolution lowest-direct --extra dev \
	  pyproject.toml -o $(OLDEST)/lowest.txt
	@$(OLDEST)/bin/uv pip install --quiet --python $(OLDEST)/bin/python -r $(OLDEST)/lowest.txt
	@$(OLDEST)/bin/uv pip install --quiet --python $(OLDEST)/bin/python --no-deps -e .
	@$(OLDEST)/bin/python -m pytest -p no:cacheprovider \
	  -W "ignore:Conversion of an array:DeprecationWarning"

kills: $(VENV)/.tools
	@$(BIN)/python tests/kills.py --seeds $(SEEDS)

clean:
	rm -rf $(VENV) $(OUT) .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis build dist
