load_test = $(MVN) -q -pl scheduler -am -Dspotless.check.skip=true -DskipTests=false -Dsurefire.failIfNoSpecifiedTests=false

.PHONY: load
load: ## 10,000 nodes and 100,000 pods in process, storms, four schedulers, then 5,000 nodes and 20,000 pods on a real API server (30 minutes)
	@hack/prerequisites build >&2
	@$(load_test) -Dtest='LoadTest,StormTest,ShardsTest' -Dtest.jvm.options=-Xmx8g -Dlatency-scheduler.test.nodes=5000 \
	  -Dlatency-scheduler.test.load-nodes=10000 -Dlatency-scheduler.test.load-pods=100000 -Dlatency-scheduler.test.shard-nodes=4000 test
	@$(MAKE) --no-print-directory bench-scheduler \
	  BENCH_ARGS='--nodes 5000 --pods 20000 --rounds 1 --seconds 60 --rates 100 --workloads interfaces --only latency-scheduler'
