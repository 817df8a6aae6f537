# make run [ARGS="--port 9000 --users 1000"]   everything on this machine, Ctrl-C ends it
# make test [PYTEST_ARGS="-n 0 -k users"]      types, style, imports, then the tests
BIN := .venv/bin
UV_VERSION := 0.13.9
PYTEST_ARGS ?= -n auto

.PHONY: run test soak bench bench-scale lint format lock test-lowest setup

setup:
	@.ci/setup

run: setup
	@exec $(BIN)/gateway dev $(ARGS)

test: setup lint
	$(BIN)/pytest $(PYTEST_ARGS)

lint: setup
	$(BIN)/mypy
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/lint-imports

format: setup
	$(BIN)/ruff check --fix-only
	$(BIN)/ruff format

# What takes long, beyond `make test`: most are faults of the mirror.
soak: setup
	$(BIN)/pytest $(PYTEST_ARGS) -m soak

bench: setup
	@exec $(BIN)/python -m benchmarks $(ARGS)

bench-scale: setup
	@exec $(BIN)/python -m benchmarks.scale $(ARGS)

# The tests against the oldest direct dependencies that pyproject.toml allows.
test-lowest: setup .venv-uv/bin/uv
	.venv-uv/bin/uv venv -q --clear --python $(BIN)/python .venv-lowest
	VIRTUAL_ENV=.venv-lowest .venv-uv/bin/uv pip install -q --resolution lowest-direct -e '.[dev]'
	.venv-lowest/bin/pytest $(PYTEST_ARGS)

# Resolve the dependencies of pyproject.toml anew.
lock: .venv-uv/bin/uv
	.venv-uv/bin/uv pip compile -q --no-header --universal --generate-hashes \
	  --upgrade pyproject.toml -o requirements.lock
	.venv-uv/bin/uv pip compile -q --no-header --universal --generate-hashes \
	  --upgrade --extra dev pyproject.toml -o requirements-dev.lock

.venv-uv/bin/uv: | setup
	$(BIN)/python -m venv .venv-uv
	.venv-uv/bin/pip install -q uv==$(UV_VERSION)
