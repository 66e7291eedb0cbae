# dalsegno: `make run` and `make test` do everything; the other targets are for those who change the code.
# Without this the make of macOS, 3.81, looks for commands in its own PATH and not in the one below.
SHELL := bash
PYTHON ?= python3
export PATH := $(CURDIR)/.venv/bin:$(PATH)
READY := .venv/.ready
CHECKED := .venv/.checked

.PHONY: help install run music test bench check deps lock submission clean
help: ## list the targets
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 8

install: $(READY) ## only install the pinned packages in .venv

run: .git $(READY) $(if $(MUSIC),music) $(CHECKED) ## install, run the whole pipeline, say where the report is; MUSIC=../folder: on your own music
	@echo "== Running the pipeline (dvc repro); what is up to date is skipped"
	@mv $(CHECKED) $(CHECKED)~ # so that a run after one that failed is told why, if `dalsegno check` knows
	@dvc repro
	@mv $(CHECKED)~ $(CHECKED) # as old as it was, if params.yaml was edited meanwhile
	@echo "== Done. Open reports/report.html"

.git: # DVC needs a repository, its experiments a commit, and an unpacked archive has neither
	@git rev-parse --git-dir >/dev/null 2>&1 || { echo "== Starting a Git repository" && git init --quiet --initial-branch main \
	&& git add --all && git -c user.name=dalsegno -c user.email=dalsegno@localhost commit --quiet --no-gpg-sign --message "As unpacked"; }

music: $(READY)
	@dalsegno music "$(MUSIC)"

test: $(READY) ## install and run every test
	@echo "== Running the tests, a file of them on each core at a time"
	@OMP_NUM_THREADS=1 python -m pytest --numprocesses auto --dist loadfile

bench: $(READY) ## measure speed at small sizes, as one table; history in bench/results.md
	@OMP_NUM_THREADS=1 python bench/table.py

check: $(READY) ## check style (ruff) and types (pyright) of the code
	@ruff check
	@ruff format --check
	@PYRIGHT_PYTHON_IGNORE_WARNINGS=1 pyright

deps: $(READY) ## rewrite the code and package dependencies in dvc.yaml from the imports
	@python -m tools.stages

lock: $(READY) ## install new requirements of pyproject.toml; write requirements.lock and versions.yaml
	@python -m pip install --quiet --disable-pip-version-check --no-build-isolation --editable '.[test]'
	@python -m tools.lock
	@touch $(READY)

submission: $(READY) ## pack the PDF, the code without data, a manifest and the README to hand in
	@dvc repro paper
	@python -m tools.submission

clean: ## remove the virtual environment; data and results stay
	rm -rf .venv

$(READY): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "dalsegno needs Python 3.11 or newer; name one with: make run PYTHON=python3.12")'
	@echo "== Making a virtual environment in .venv"
	@$(PYTHON) -m venv .venv
	@echo "== Installing the pinned packages (about 6 GB with PyTorch, some minutes)"
	@.venv/bin/python -m pip install --quiet --disable-pip-version-check --no-deps -r requirements.lock
	@.venv/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@# Code is imported from the folder a command runs in, so that a queued experiment, which runs in a copy, runs its own.
	@echo 'import sys; sys.path.insert(0, "src")' > "$$(.venv/bin/python -c 'import site; print(site.getsitepackages()[0])')/dalsegno-here.pth"
	@touch $@

$(CHECKED): params.yaml $(READY)
	@echo "== Checking params.yaml and the data (dalsegno check)"
	@dalsegno check
	@touch $@
