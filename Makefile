# run: everything on this machine · test · check: style, types, rooms, dependency policy · bench: speed and memory
# fuzz: the interface · docs: generated pages · audit: ask the advisory database (exit 3: it could not be asked)
# sbom: CycloneDX in dist/
PYTHON ?= $(shell command -v python3.11 || command -v python3)
BIN := .venv/bin

.PHONY: run test check bench fuzz docs audit sbom

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
	$(BIN)/python -m tests.tools.supply_chain

bench: .venv/installed-dev
	$(BIN)/pytest -m bench tests/bench -s

fuzz: .venv/installed-dev
	FUZZ_EXAMPLES=$${FUZZ_EXAMPLES:-200} $(BIN)/pytest tests/fuzz -s

docs: .venv/installed-dev
	$(BIN)/python -m tests.tools.requirements_doc
	$(BIN)/python -m tests.tools.released_schemas
	$(BIN)/python -m tests.tools.client_models

audit: .venv/installed-dev .cache/supply/installed
	$(BIN)/python -m tests.tools.supply_chain audit .cache/supply/bin/pip-audit

sbom: .cache/supply/installed
	$(PYTHON) -m venv --clear .cache/product
	.cache/product/bin/python -m pip install --quiet -c constraints.txt ".[embedded,pdf,telemetry]"
	.cache/product/bin/python -m pip uninstall --quiet --yes setuptools pip
	mkdir -p dist
	.cache/supply/bin/cyclonedx-py environment .cache/product/bin/python --pyproject pyproject.toml \
		--output-reproducible --sv 1.6 -o dist/certledger.cdx.json

# The tools are installed by name and not as this product's extra, which would bring the product along.
.cache/supply/installed: pyproject.toml constraints.txt
	$(PYTHON) -m venv --clear .cache/supply
	.cache/supply/bin/python -m pip install --quiet -c constraints.txt cyclonedx-bom pip-audit
	@touch $@

.venv/installed-run: EXTRAS = embedded,pdf,telemetry
.venv/installed-dev: EXTRAS = dev

# A stamp newer than both files means there is nothing to install.
.venv/installed-%: pyproject.toml constraints.txt
	@$(PYTHON) -c "import sys; sys.exit(sys.version_info < (3, 11))" || { \
		echo "需要 Python 3.11 以上，请设 PYTHON=… / Python 3.11 or newer is needed, set PYTHON=…" >&2; exit 1; }
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet -c constraints.txt -e ".[$(EXTRAS)]"
	@touch $@
