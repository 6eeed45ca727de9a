.PHONY: bench-scheduler
bench-scheduler: ## kube-scheduler and latency-scheduler on a real API server, side by side (40 minutes); BENCH_ARGS=--help
	@hack/prerequisites build >&2
	@$(MVN) -q -Pbench -pl bench -am -DskipTests -Dspotless.check.skip=true package >&2
	@KUBEBUILDER_ASSETS=$${KUBEBUILDER_ASSETS:-$$(hack/envtest)} \
	  java -cp 'bench/target/bench.jar:bench/target/lib/*' io.latencyscheduler.bench.scheduler.SchedulerBench $(BENCH_ARGS)

.PHONY: bench-decisions
bench-decisions: ## what a decision costs among 100 to 15,000 nodes (5 minutes); BENCH_ARGS=--help
	@hack/prerequisites build >&2
	@$(MVN) -q -Pbench -pl bench -am -DskipTests -Dspotless.check.skip=true package >&2
	@java -cp 'bench/target/bench.jar:bench/target/lib/*' io.latencyscheduler.bench.decision.DecisionBench $(BENCH_ARGS)
