.PHONY: bench-timetable
bench-timetable: ## measures the timetable: packing, a cluster of ports, answers per second (4 minutes)
	@hack/prerequisites build
	@$(MVN) -q -Pbench -pl bench -am -DskipTests -Dspotless.check.skip=true package
	@java -cp 'bench/target/bench.jar:bench/target/lib/*' io.latencyscheduler.contract.timetable.TimetableBench
