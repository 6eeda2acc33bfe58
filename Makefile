# The project's commands. A bare `make` lists them.

PYTHON ?= python3
PORT   ?= 8501
# Tests run in so many processes at once; 0 runs them in the one that is started.
WORKERS ?= 2

VENV := .venv
BIN  := $(VENV)/bin
PY   := $(BIN)/python
PIP  := $(PY) -m pip --disable-pip-version-check

# Exact pins, one version of a package for every platform, and only what has a wheel, each with its
# hashes: plain pip checks them, and wants extras beside them. What uv would add about its package
# index stays out, so that plain pip uses its user's own.
LOCK := $(BIN)/uv pip compile --quiet --upgrade --universal --python-version 3.11 \
	--fork-strategy fewest --only-binary :all: --generate-hashes --no-strip-extras \
	--custom-compile-command 'make lock'

.DELETE_ON_ERROR:
.PHONY: help app web test lint fix lock audit bench clean

help: ## List these commands
	@sed -n 's/^\([a-z]*\):.*## /\1	/p' $(MAKEFILE_LIST) | expand -t 8

app: $(VENV)/.detector-tried ## Serve the app on http://127.0.0.1:8501 (PORT=… for another port)
	$(PY) -m fer app --port $(PORT)

web: fer/_web/sw.js ## Build the page that runs models in the visitor's browser (Node 20, npm)

test: lint $(if $(shell command -v npm),web) ## Format, lint, types, import contracts, all tests, coverage (WORKERS=0 for one process)
	$(PY) -m pytest --cov -n $(WORKERS) --dist loadfile --no-loadscope-reorder --durations=40

lint: $(VENV)/.requirements-dev ## The quick part of that: format, lint, types, import contracts
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy fer pages streamlit_app.py asgi.py
	$(BIN)/lint-imports

fix: $(VENV)/.requirements-dev ## Format the code and repair what ruff can
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

lock: $(VENV)/.requirements-dev ## Resolve the newest versions that fit pyproject.toml into requirements*.txt
	$(LOCK) pyproject.toml --extra app --extra tune -o requirements.txt
	$(LOCK) --group pyproject.toml:dev -c requirements.txt -o requirements-dev.txt

audit: $(VENV)/.requirements-dev ## Ask PyPI for known vulnerabilities of what requirements*.txt pin
	$(BIN)/uv tool run pip-audit==2.10.1 --disable-pip -r requirements.txt -r requirements-dev.txt

bench: $(VENV)/.requirements-dev ## Run every bench/bench_*.py; each prints ratios or times
	@for file in bench/bench_*.py; do \
		echo "== $$file"; PYTHONPATH=. $(PY) "$$file" || exit 1; \
	done

clean: ## Remove the environment, the caches and the reports
	rm -rf $(VENV) web/node_modules fer/_web .coverage htmlcov .pytest_cache .mypy_cache .ruff_cache \
		.import_linter_cache .hypothesis
	find fer pages tests bench -name __pycache__ -type d -prune -exec rm -rf {} +

# An empty file in .venv stands for each finished step, so that a step runs again only when
# what it depends on has changed.

$(VENV)/.created:
	@$(PYTHON) -c 'import sys; v = sys.version_info[:3]; sys.exit(None if (3, 11, 4) <= v < (3, 14) \
		else "Found Python %d.%d.%d; expected 3.11.4 to 3.13. " % v + \
		"Install one of these and name it: make app PYTHON=python3.12")'
	$(PYTHON) -m venv $(VENV)
	@touch $@

$(VENV)/.requirements: $(VENV)/.created requirements.txt
	$(PIP) install -r requirements.txt
	@touch $@

$(VENV)/.requirements-dev: $(VENV)/.requirements requirements-dev.txt
	$(PIP) install -r requirements-dev.txt
	@touch $@

$(VENV)/.detector-tried: $(VENV)/.requirements
	@$(PY) -m fer detectors download || echo "Until YuNet is added, MTCNN finds the faces."
	@touch $@

fer/_web/sw.js: web/node_modules/.installed $(wildcard web/*.html web/*.ts web/*.json \
		web/public/* web/src/*.* web/src/pipeline/*)
	npm --prefix web run build --silent

web/node_modules/.installed: web/package.json web/package-lock.json
	npm --prefix web ci --no-audit --no-fund
	@touch $@
