# The commands of the README: `make run`, `make check`, `make test`, `make test-long`, `make check-deploy`.
# What a release program does without: symbols, what nothing calls, equal functions twice, exports for others, relocations one by
# one.
LINKED = -s --gc-sections --icf=safe --no-export-dynamic -z pack-relative-relocs
RELEASE = -c release --static-swift-stdlib $(addprefix -Xlinker ,$(LINKED))
PROGRAMS = .build/release

.PHONY: run check test test-long build setup setup-bench format lint coverage bench package check-deploy evaluate-documents clean

# Sets up what is missing, builds, stages and starts everything: make run APUS_ARGS="--data DIR --port N"
run: setup build
	@exec $(PROGRAMS)/apus up $(APUS_ARGS)

# What a change needs every few minutes: format, structure, build, Swift units.
check:
	@scripts/test quick

# Sets up what is missing and runs every test, those of what is deployed apart; what can go on for hours is short here.
test:
	@scripts/test all $(TEST_ARGS)

# Kills, fuzzing, comparison and a mixed load at full length: hours. APUS_KILLS, APUS_EXAMPLES, APUS_FUZZ_SECONDS, APUS_PARSER_SECONDS and
# APUS_SOAK_SECONDS, APUS_SCHEMA_SECONDS change how long.
test-long:
	@scripts/test long $(TEST_ARGS)

# Makes the deployable packages in .build/packages.
package:
	@scripts/setup package
	@$(MAKE) --no-print-directory build
	@$(PROGRAMS)/apus package

# Checks everything that is deployed: packages, Terraform, pipelines, containers, manifests, units, the Ansible role.
check-deploy:
	@scripts/setup deploy
	@$(MAKE) --no-print-directory build
	@scripts/check-deploy

setup:
	@scripts/setup run

build:
	@scripts/build $(RELEASE)
	@$(PROGRAMS)/apus stage >/dev/null

format:
	swift format --in-place --recursive --parallel Sources Examples Tests Package.swift

lint:
	swift format lint --strict --recursive --parallel Sources Examples Tests Package.swift

# Which lines the tests run, by target; everything is built anew with counters, so it takes three times as long as the tests.
coverage:
	@scripts/setup test
	@scripts/coverage $(COVERAGE_ARGS)

setup-bench:
	@scripts/setup bench

# Prints the product's speed and size next to its bars; with documents of your own: make bench BENCH_ARGS="--documents DIR".
# The vector service beside Chroma's: make bench BENCH_ARGS=vectors; the Azure emulator: BENCH_ARGS=azure;
# what the functions host adds: BENCH_ARGS=functions; what the chat handler adds to a model's tokens: BENCH_ARGS=models.
# Whether the figures of README.md and docs are true here: BENCH_ARGS=--check
bench: setup-bench build
	@$(PROGRAMS)/apus-bench $(BENCH_ARGS)

# Whether quotations are drawn over their words, and how soon a page is there, against a running Apus: a folder of further
# PDFs, another address or the worst quotes by EVALUATE_ARGS="--data DIR --url http://127.0.0.1:8080 --worst 5".
evaluate-documents:
	@scripts/setup test
	@.venv/bin/python scripts/evaluate-documents.py $(EVALUATE_ARGS)

clean:
	rm -rf .build web/vendor web/samples
