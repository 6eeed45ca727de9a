ROUNDS ?= 200

.PHONY: chaos-failover
chaos-failover: ## two schedulers, one port, the leader frozen, killed or cut off; ROUNDS=200 SEED=…; needs KUBEBUILDER_ASSETS (40 minutes)
	@hack/prerequisites build >&2
	@$(MAKE) --no-print-directory target/.built >&2
	@java -jar sandbox/target/sandbox.jar failover --rounds $(ROUNDS) $(if $(SEED),--seed $(SEED))

.PHONY: chaos
chaos: ## requests and watch events spoiled, programs killed, frozen and restarted; ROUNDS=200 SEED=…; needs KUBEBUILDER_ASSETS (an hour)
	@hack/prerequisites build >&2
	@$(MAKE) --no-print-directory target/.built >&2
	@java -jar sandbox/target/sandbox.jar chaos --rounds $(ROUNDS) $(if $(SEED),--seed $(SEED))

FAULTS ?= 2

.PHONY: every-order
every-order: ## two schedulers' cores in every order of events with FAULTS=2 things that go wrong (long; FAULTS=1 is a part of make test)
	@hack/prerequisites build >&2
	@$(MVN) -q -pl scheduler -am -Dspotless.check.skip=true -Dtest=EveryOrderTest -Dsurefire.failIfNoSpecifiedTests=false \
	  -Dlatency-scheduler.test.faults=$(FAULTS) test

DECISIONS ?= 5000

.PHONY: differential
differential: ## kube-scheduler judges our decisions one by one on a real API server; DECISIONS=5000 SEED=…; needs KUBEBUILDER_ASSETS
	@hack/prerequisites build >&2
	@REQUIRE_APISERVER=1 $(MVN) -q -pl scheduler -am -Dspotless.check.skip=true -DskipTests=false -Dtest=None -Dsurefire.failIfNoSpecifiedTests=false \
	  -Dit.test=DifferentialIT -Dfailsafe.failIfNoSpecifiedTests=false \
	  -Dlatency-scheduler.test.decisions=$(DECISIONS) $(if $(SEED),-Dlatency-scheduler.test.seed=$(SEED)) verify

SECONDS_EACH ?= 60

.PHONY: fuzz
fuzz: ## fuzzes every parser, Java with Jazzer and C with libFuzzer, and prints the inputs run; SECONDS_EACH=60
	@hack/prerequisites test >&2
	@hack/fuzz $(SECONDS_EACH)
	@FUZZ_SECONDS=$(SECONDS_EACH) hack/sanitize fuzz
