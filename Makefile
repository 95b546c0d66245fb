# Everything people do here, one word each; every target does its own set-up first.
#
#   make demo               two nodes and a client on this machine; four faults; what the client saw
#   make play               the same cluster, left up for you to type in
#   make test               every test; as root also those with the real daemons
#   make check              format, lint, types, layers, man pages, guide
#   make simulate SEED=n    one run of two decision cores under random faults, step by step
#   make explore            every interleaving of a small world of two cores, to a depth
#   make chaos SEED=n MINUTES=m
#                           the real daemons under random faults, an episode a seed; none: one, with its logs
#   make zoo                every recipe at every real server from Debian, healthy and sick
#   make lab                only the tests with the real daemons in network namespaces
#   make bench              outages, memory and load, measured and printed as a table
#   make soak               the long versions of the random tests
#   make diagram            draw the moves in ARCHITECTURE.md anew
#   make tables             make the tables of recipes and verdicts in the guide anew
#   make clean              remove what the targets made

SHELL := /bin/bash
SEED ?= 1
RUNS ?= 100000
MINUTES ?= 0
python := .venv/bin/python
ready := .venv/ready

.PHONY: help demo play test check simulate explore chaos zoo lab bench soak diagram tables clean
.DELETE_ON_ERROR:
.NOTPARALLEL:

help:
	@sed -n 's/^#   //p' Makefile

# The virtual environment is made by the system's own Python: a wrapper in front of it costs 75 ms a start.
$(ready): pyproject.toml
	@.ci/prepare python3-venv
	@test -x $(python) || /usr/bin/python3 -m venv .venv
	@echo "installing the package and its tools into .venv" >&2
	@.venv/bin/pip install --quiet --disable-pip-version-check --retries 5 --editable '.[dev]'
	@$(python) -m compileall -q src  # as an ordinary installation does: what is measured shall not compile
	@touch $@

demo: $(ready)
	@.ci/prepare ip nft
	@$(python) tests/lab/demo.py

play: $(ready)
	@.ci/prepare ip nft ps ping telnet
	@$(python) tests/lab/play.py

test: $(ready)
	@.ci/prepare ip nft ps ping tcpdump telnet ssh sshd nginx vsftpd dhcpd dnsmasq mandoc systemd dbus deb:fence-agents \
		$$($(python) tests/zoo/packages.py) || test "$$(id -u)" -ne 0
	$(python) -m pytest -n 2 --dist loadfile $(PYTEST)

check: $(ready)
	@.ci/prepare mandoc
	.venv/bin/ruff format --check --quiet .
	.venv/bin/ruff check --quiet .
	.venv/bin/mypy
	.venv/bin/lint-imports --no-logo
	mandoc -Tlint -W warning man/*.[1-8]
	$(python) -m pytest -q tests/architecture tests/docs
	@$(python) tests/architecture/sizes.py

simulate: $(ready)
	@$(python) tests/simulation/run.py --seed $(SEED)

explore: $(ready)
	@$(python) tests/simulation/explore.py $(EXPLORE)

chaos: $(ready)
	@.ci/prepare ip nft ps
	@$(python) tests/lab/chaos.py --seed $(SEED) --minutes $(MINUTES)

zoo: $(ready)
	@.ci/prepare ip $$($(python) tests/zoo/packages.py all)
	ZOO=all $(python) -m pytest tests/zoo $(PYTEST)

lab: $(ready)
	@.ci/prepare ip nft ps ping tcpdump telnet ssh sshd nginx vsftpd systemd dbus deb:fence-agents \
		$$($(python) tests/zoo/packages.py)
	$(python) -m pytest tests/lab tests/systemd $(PYTEST)

bench: $(ready)
	@.ci/prepare ip nft nginx
	@$(python) tests/lab/bench.py

soak: $(ready)
	$(python) tests/simulation/run.py --seed $(SEED) --runs $(RUNS) --steps 500
	@.ci/prepare ip nft ps
	$(python) tests/lab/chaos.py --seed $(SEED) --episodes 100 --lanes 2
	$(python) tests/lab/saturation.py --seconds 600
	$(MAKE) zoo

diagram: $(ready)
	@$(python) tests/architecture/diagram.py

tables: $(ready)
	@$(python) tests/docs/probe_tables.py

clean:
	rm -rf .venv build dist src/*.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache .coverage* .lab-*
	find src tests -name __pycache__ -type d -prune -exec rm -rf {} +
