native_build := dataplane-agent/target/native-build

.PHONY: bench-dataplane
bench-dataplane: ## gate core's frames/s, emission error beside a bare sender, talker to listener beside plain UDP; BENCH_ARGS, EMISSION_ARGS=--help
	@hack/prerequisites test >&2
	@JAVA_HOME=$${JAVA_HOME:-$$(dirname $$(dirname $$(readlink -f $$(command -v java))))} \
	  dataplane-agent/src/main/native/build.sh $(native_build) dataplane-agent/target/native >&2
	@$(native_build)/core/core-bench $(BENCH_ARGS)
	@echo; $(native_build)/engine/bench/emission-bench $(EMISSION_ARGS)
	@echo; hack/bench-talker $(native_build) $(TALKER_ARGS) || [ $$? -eq 77 ]

.PHONY: bench-paths
bench-paths: ## latency of kernel, OVS-DPDK and DPDK paths in one table, and whether they order as the thesis's (4 minutes); PATHS_ARGS="ROUNDS PROBES RATE"
	@hack/prerequisites test >&2
	@JAVA_HOME=$${JAVA_HOME:-$$(dirname $$(dirname $$(readlink -f $$(command -v java))))} \
	  dataplane-agent/src/main/native/build.sh $(native_build) dataplane-agent/target/native >&2
	@hack/bench-paths dataplane-agent/target/native $(PATHS_ARGS)

.PHONY: bench-overlay
bench-overlay: ## talker to listener: same-host memory, own port, OVS-DPDK, kernel, kernel VXLAN in one table (3 minutes); TALKER_ARGS="ROUNDS FRAMES PERIOD_US BYTES"
	@hack/prerequisites test >&2
	@JAVA_HOME=$${JAVA_HOME:-$$(dirname $$(dirname $$(readlink -f $$(command -v java))))} \
	  dataplane-agent/src/main/native/build.sh $(native_build) dataplane-agent/target/native >&2
	@hack/bench-talker $(native_build) $(TALKER_ARGS)

.PHONY: sanitize
sanitize: ## the native tests under the address, undefined behaviour and thread sanitizers, and the fuzzers
	@hack/sanitize

.PHONY: soak
soak: ## the frame engine at load, then for a shorter time under the address and leak sanitizers; SECONDS_AT_LOAD=600 SECONDS_SANITIZED=60 (15 minutes)
	@hack/prerequisites test >&2
	@JAVA_HOME=$${JAVA_HOME:-$$(dirname $$(dirname $$(readlink -f $$(command -v java))))} \
	  hack/soak $${SECONDS_AT_LOAD:-600} $${SECONDS_SANITIZED:-60}
