# What a person with git, make and Python 3.11 or later needs. `make help` lists it.
# Another Python: make demo PYTHON=/path/to/python3.12 · Options for the command: make demo ARGS="--reps 5 --headless"

PYTHON ?=
ARGS ?=
VENV := .venv
PYTHONS := python3.13 python3.12 python3.11 python3

.PHONY: help demo test test-slow test-device accuracy lint clean
.DEFAULT_GOAL := help

help:
	@echo 'make demo       watch drawn lifters squat: lights in this terminal, page on http://127.0.0.1:8080'
	@echo '                  make demo ARGS="--reps 5 --headless"   one set, a table, no page'
	@echo 'make test       the tests that take seconds; those that need MoveNet or a browser skip without one'
	@echo 'make test-slow  the tests that take minutes'
	@echo 'make test-device  the device on a Debian of its own under systemd, before a camera, and on ARM: 40 minutes, as root, on Debian'
	@echo 'make accuracy   how often it is right, on 100 sets without pictures; more: make accuracy ARGS=--help'
	@echo 'make lint       ruff (rules and format) and mypy'
	@echo 'make clean      remove $(VENV), builds and caches'

demo: $(VENV)/installed
	@$(VENV)/bin/edge-valgus demo $(ARGS)

test: $(VENV)/installed-dev
	$(VENV)/bin/python -m pytest -n 2 --dist loadfile -m 'not slow' $(ARGS)

test-slow: $(VENV)/installed-dev
	$(VENV)/bin/python -m pytest -m slow $(ARGS)

test-device: $(VENV)/installed-dev
	EDGE_VALGUS_TEST_DEVICE=1 $(VENV)/bin/python -m pytest -p no:randomly $(or $(TESTS),tests/device) $(ARGS)

accuracy: $(VENV)/installed
	@$(VENV)/bin/python benchmarks/accuracy.py $(or $(ARGS),--suite keypoints --seeds 0:100)

lint: $(VENV)/installed-dev
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy
	@# Not strict: these are read by pytest, and what matters is that what they take from the product is there.
	$(VENV)/bin/mypy --config-file= --cache-dir=.mypy_cache/device --check-untyped-defs --ignore-missing-imports --exclude virtual_camera tests/device

clean:
	rm -rf $(VENV) build dist .pytest_cache .ruff_cache .mypy_cache .hypothesis
	find src tests -name __pycache__ -type d -prune -exec rm -rf {} +

# Version managers leave names on PATH that do not run, and Debian leaves out ensurepip: so each candidate is run.
# .venv/ready is written last, so that an interrupted attempt starts over.
$(VENV)/ready:
	@for candidate in $(if $(PYTHON),'$(PYTHON)',$(PYTHONS)); do \
		if "$$candidate" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
			echo "Making $(VENV) with $$candidate"; \
			"$$candidate" -m venv --clear $(VENV) && touch $@; \
			exit; \
		fi; \
	done; \
	echo 'edge-valgus: $(if $(PYTHON),$(PYTHON) is not,none of $(PYTHONS) is) a Python 3.11 or later with venv; install one' \
		'(Debian, Raspberry Pi OS: apt install python3 python3-venv) or say which: make PYTHON=…' >&2; \
	exit 1

$(VENV)/installed: pyproject.toml | $(VENV)/ready
	@echo 'Installing edge-valgus into $(VENV); this is done once and takes about a minute'
	@$(VENV)/bin/python -m pip install --quiet --disable-pip-version-check --editable .
	@touch $@

$(VENV)/installed-dev: pyproject.toml | $(VENV)/ready
	@echo 'Installing edge-valgus and its tools into $(VENV); this is done once and takes about a minute'
	@$(VENV)/bin/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $@ $(VENV)/installed
