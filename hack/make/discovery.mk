.PHONY: bench-discovery
bench-discovery: ## requests per second of 1,000 node-discovery daemons at rest, on a real API server (5 minutes); NODES=, SECONDS_AT_REST=
	@hack/prerequisites test >&2
	@$(MVN) -q -pl node-discovery -am -DskipTests -Dspotless.check.skip=true package dependency:build-classpath -Dmdep.outputFile=target/test.classpath
	@KUBEBUILDER_ASSETS=$${KUBEBUILDER_ASSETS:-$$(hack/envtest)} java -Xmx2g \
	  -cp "node-discovery/target/test-classes:node-discovery/target/classes:$$(cat node-discovery/target/test.classpath)" \
	  io.latencyscheduler.discovery.daemon.AtRest $${NODES:-1000} $${SECONDS_AT_REST:-120} \
	  node-discovery/src/test/hosts/x710-vfio manifests/crds

.PHONY: discovery-kills
discovery-kills: ## kills node-discovery a hundred times and watches that no label flaps (10 minutes)
	@KUBEBUILDER_ASSETS=$${KUBEBUILDER_ASSETS:-$$(hack/envtest)} DISCOVERY_KILLS=$${DISCOVERY_KILLS:-100} \
	  $(MVN) -q -pl node-discovery -am -Dtest=none -Dsurefire.failIfNoSpecifiedTests=false -Dspotless.check.skip=true \
	  -Dit.test='DiscoveryProcessIT#shouldNotFlapALabelWhenItIsKilledAgainAndAgain' -Dfailsafe.failIfNoSpecifiedTests=false verify
