# Targets of the public contract. Everything runs from .venv, made from requirements.lock on first use.
.DEFAULT_GOAL := all
.PHONY: all setup build refresh test test-slow soak check docs docs-site lock sbom release audit-packages ui report bench fuzz fuzz-files clean
.DELETE_ON_ERROR:

PYTHON ?= python3
# One more than the cores: builds wait for the disk now and then.
WORKERS ?= $(shell expr $$(getconf _NPROCESSORS_ONLN) + 1)
# Compiled code is kept: hundreds of processes of the tests load it, which else each would compile anew.
unexport PYTHONDONTWRITEBYTECODE
READY := .venv/.ready-$(shell cksum < requirements.lock | cut -d ' ' -f 1)

all: setup
	@.venv/bin/ledger build --hints

setup: $(READY)

$(READY): requirements.lock pyproject.toml
	@PYTHON="$(PYTHON)" sh scripts/setup.sh
	@touch "$@"

build: setup
	@.venv/bin/ledger build

refresh: setup
	@.venv/bin/ledger fetch; fetched=$$?; .venv/bin/ledger build && exit $$fetched

report: setup
	@.venv/bin/ledger report

ui: setup
	@.venv/bin/ledger ui

test: setup
	@.venv/bin/python -m pytest -q -n $(WORKERS) --dist loadfile --no-loadscope-reorder -m "not slow and not soak"

test-slow: setup
	@.venv/bin/python -m pytest -q -n $(WORKERS) --dist loadfile --no-loadscope-reorder -m slow

check: setup
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/mypy
	.venv/bin/lint-imports
	.venv/bin/sqlfluff lint --disable-progress-bar sql
	.venv/bin/python scripts/docs.py --check

# Outputs and numbers in the documents, from a build without network.
docs: setup
	@.venv/bin/python scripts/docs.py

# The documents as a site, dist/docs: a link that leads nowhere fails it. Needs the network once; the site needs none.
docs-site:
	@test -x .venv-docs/bin/mkdocs || { $(PYTHON) -m venv .venv-docs \
	    && .venv-docs/bin/python -m pip install --quiet --require-hashes -r requirements-docs.lock; }
	@NO_MKDOCS_2_WARNING=1 .venv-docs/bin/mkdocs build --strict
	@echo "site       dist/docs/index.html"

lock:
	@command -v uv >/dev/null || { echo "make lock needs uv: pip install uv" >&2; exit 1; }
	@uv pip compile --group docs --universal --generate-hashes --no-strip-extras --no-header --no-emit-index-url -q -o requirements-docs.lock
	@uv pip compile --group sbom --universal --generate-hashes --no-strip-extras --no-header --no-emit-index-url -q -o requirements-sbom.lock
	@uv pip compile pyproject.toml --group dev --universal --generate-hashes --no-strip-extras --no-header --no-emit-index-url -q -o requirements.lock

# What is installed, with versions and licences, as a CycloneDX bill of materials. Needs the network once.
sbom: setup
	@mkdir -p dist
	@test -x .venv-sbom/bin/cyclonedx-py || { $(PYTHON) -m venv .venv-sbom \
	    && .venv-sbom/bin/python -m pip install --quiet --require-hashes -r requirements-sbom.lock; }
	@.venv-sbom/bin/cyclonedx-py environment --pyproject pyproject.toml --output-reproducible -o dist/sbom.json .venv/bin/python
	@echo "sbom       dist/sbom.json"

# What a release publishes, in dist/release: sdist, wheel, the curated data exported, bill of materials, digests. The same
# commit gives the same bytes: its time stands for that of the build.
release: export SOURCE_DATE_EPOCH = $(shell git log -1 --format=%ct)
release: sbom
	@test -z "$$(git status --porcelain)" || { echo "make release needs a clean checkout: commit first" >&2; exit 1; }
	@rm -rf dist/release dist/home && mkdir -p dist/release
	@.venv/bin/python -m hatchling build -d "$(CURDIR)/dist/release" >/dev/null
	@env -u LEDGER_MIRROR -u LEDGER_SEEDS LEDGER_SITE="$(CURDIR)/dist/home/site" .venv/bin/ledger --home dist/home build
	@.venv/bin/ledger --home dist/home export dist/home/compute-ledger-data
	@tar --sort=name --mtime=@$$SOURCE_DATE_EPOCH --owner=0 --group=0 --numeric-owner -C dist/home -cf - compute-ledger-data | gzip -n > dist/release/compute-ledger-data.tar.gz
	@cp dist/sbom.json dist/release/
	@cd dist/release && sha256sum -- * > SHA256SUMS
	@echo "release    dist/release"

# Needs the network: asks for known vulnerabilities of every package of requirements.lock.
audit-packages: setup
	@.venv/bin/python scripts/audit_packages.py

# Hundreds of killed builds with readers beside, then random edits, each incremental build against one of everything: an
# hour or more, not part of .ci/run. SOAK="--kills 20 --reads 500" makes it short.
soak: setup
	@.venv/bin/python -m tests.soak $(SOAK)
	@.venv/bin/python -m pytest -q -m soak

# Minutes. ALL=1 measures the largest sizes too (an hour, 24 GB of memory); AREAS="commands pages" only these; SAVE=1 keeps the figures
# in docs/performance.md.
bench: setup
	@.venv/bin/python -m tests.benchmarks $(AREAS) $(if $(ALL),--all) $(if $(SAVE),--save)

fuzz: setup
	@.venv/bin/python -m tests.fuzz.fuzz_mllog

# 2,000 changes to each file of the mirrors that LEDGER_MIRROR names, and three builds of what was accepted: hours.
fuzz-files: setup
	@.venv/bin/python -m tests.fuzz.fuzz_files --mirror "$(LEDGER_MIRROR)" --builds 3

clean:
	rm -rf .venv data reports/site
