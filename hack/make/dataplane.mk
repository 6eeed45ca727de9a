native_build := dataplane-agent/target/native-build

.PHONY: bench-dataplane
bench-dataplane: ## frames per second through the gate core beside a bare heap and a bare wheel; BENCH_ARGS=--help
	@hack/prerequisites build >&2
	@JAVA_HOME=$${JAVA_HOME:-$$(dirname $$(dirname $$(readlink -f $$(command -v java))))} \
	  dataplane-agent/src/main/native/build.sh $(native_build) dataplane-agent/target/native >&2
	@$(native_build)/core/core-bench $(BENCH_ARGS)

.PHONY: sanitize
sanitize: ## the native tests under the address, undefined behaviour and thread sanitizers, and the fuzzers
	@hack/sanitize
