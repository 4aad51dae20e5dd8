# run: everything on this machine · test · check: style, types, rooms · bench: speed and memory · fuzz: the interface · docs: generated pages
PYTHON ?= $(shell command -v python3.11 || command -v python3)
BIN := .venv/bin

.PHONY: run test check bench fuzz docs

run: .venv/installed-run
	@exec $(BIN)/certledger run

test: .venv/installed-dev
	$(BIN)/python -m infra.services.java
	$(BIN)/pytest -q -m "not bench"

check: .venv/installed-dev
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: .venv/installed-dev
	$(BIN)/pytest -m bench tests/bench -s

fuzz: .venv/installed-dev
	FUZZ_EXAMPLES=$${FUZZ_EXAMPLES:-200} $(BIN)/pytest tests/fuzz -s

docs: .venv/installed-dev
	$(BIN)/python -m tests.tools.requirements_doc
	$(BIN)/python -m tests.tools.released_schemas
	$(BIN)/python -m tests.tools.client_models

.venv/installed-run: EXTRAS = embedded,telemetry
.venv/installed-dev: EXTRAS = dev

# A stamp newer than both files means there is nothing to install.
.venv/installed-%: pyproject.toml constraints.txt
	@$(PYTHON) -c "import sys; sys.exit(sys.version_info < (3, 11))" || { \
		echo "需要 Python 3.11 以上，请设 PYTHON=… / Python 3.11 or newer is needed, set PYTHON=…" >&2; exit 1; }
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet -c constraints.txt -e ".[$(EXTRAS)]"
	@touch $@
