# The front door. `make` alone lists what there is.
.DEFAULT_GOAL := help
SHELL := /bin/bash
MVN ?= mvn
DEMO_ARGS ?=

sources := $(shell git ls-files -co --exclude-standard -- '*.java' '*.c' '*.h' '*.xml' '*.yaml' '*.yml' '*.txt' '*.js' '*.css' '*.html' 2>/dev/null)

.PHONY: help
help: ## lists the targets
	@awk -F ':.*## ' '/^[a-z][a-z-]*:.*## /{gsub(/\$$\$$/, "$$", $$2); printf "  %-18s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: demo
demo: ## the main job, end to end; DEMO_ARGS=--headless prints a JSON report and exits
	@hack/prerequisites demo >&2
	@$(MAKE) --no-print-directory target/.built >&2
	@exec java -jar demo/target/demo.jar $(DEMO_ARGS)

.PHONY: test
test: ## all tests; with KUBEBUILDER_ASSETS=$$(hack/envtest) also those on a real API server
	@hack/prerequisites test
	@hack/announce-tests
	$(MVN) -Pbrowser verify

.PHONY: build
build: ## jars and native files, without tests
	@hack/prerequisites build
	@$(MAKE) --no-print-directory target/.built

target/.built: $(sources)
	@echo "building (the first time Maven fetches its libraries: a few minutes)"
	@$(MVN) -q -DskipTests -Dspotless.check.skip=true package
	@mkdir -p target && touch $@

.PHONY: check
check: ## formatter, static checks and unit tests, no integration tests
	$(MVN) verify -DskipITs

.PHONY: format
format: ## formats the Java sources
	$(MVN) -q spotless:apply

.PHONY: envtest
envtest: ## builds a real Kubernetes API server to test against and prints its folder
	@hack/envtest

.PHONY: clean
clean: ## removes what the build made
	$(MVN) -q clean
	@rm -rf target

include $(wildcard hack/make/*.mk)
