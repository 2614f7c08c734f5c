# Two commands: `make demo` and `make test`. Each makes .venv if absent and installs what it needs.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: demo test lint docs bench oracle clean

demo: .venv/plot.stamp
	$(BIN)/python examples/01_rocket_attack.py

test: .venv/test.stamp
	$(BIN)/python -m pytest -q -n 2

lint: .venv/dev.stamp
	$(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/mypy

docs: .venv/dev.stamp
	$(BIN)/sphinx-build -W --keep-going -q -b html docs docs/_build/html

bench: .venv/test.stamp
	for file in benchmarks/[a-z]*.py; do echo "== $$file"; $(BIN)/python $$file || exit 1; done

oracle: .venv/test.stamp
	$(BIN)/python -m pip install -q --disable-pip-version-check --pre pygambit
	$(BIN)/python -m pytest -q tests/test_oracle.py tests/test_oracle_answers.py

.venv/%.stamp: pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install -q --disable-pip-version-check -e '.[$*]'
	touch $@

clean:
	rm -rf .venv out docs/_build docs/reference/generated
