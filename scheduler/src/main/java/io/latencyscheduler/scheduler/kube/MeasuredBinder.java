package io.latencyscheduler.scheduler.kube;

import io.latencyscheduler.contract.Allocation;
import io.latencyscheduler.contract.Tier;
import io.latencyscheduler.scheduler.cycle.Binder;
import io.latencyscheduler.scheduler.metrics.Metric;
import io.latencyscheduler.scheduler.metrics.SchedulerMetrics;
import java.util.OptionalLong;
import java.util.concurrent.CompletionStage;

/** Another binder, with its time and what it gave away taken down. */
record MeasuredBinder(Binder binder, SchedulerMetrics metrics) implements Binder {
    @Override
    public CompletionStage<Result> bind(Request request) {
        long startNs = System.nanoTime();
        return binder.bind(request).whenComplete((result, broke) -> {
            metrics.observeNs(Metric.BINDING_DURATION, System.nanoTime() - startNs, outcome(result));
            Allocation allocation = request.allocation();
            if (result instanceof Result.Bound && allocation != null && !allocation.givesNothing()) {
                allocated(request, allocation);
            }
        });
    }

    private void allocated(Request request, Allocation allocation) {
        Tier tier = allocation.tier();
        String name = tier == null ? "none" : tier.wireName();
        metrics.count(Metric.ALLOCATIONS, name);
        OptionalLong tolerated = request.pod().demand().value().latencyNs();
        if (tolerated.isPresent() && request.keepsNs().isPresent()) {
            metrics.observeNs(
                    Metric.LATENCY_HEADROOM,
                    tolerated.getAsLong() - request.keepsNs().getAsLong(),
                    name);
        }
    }

    private static String outcome(Result result) {
        return result instanceof Result.Bound ? "bound" : result instanceof Result.Conflict ? "conflict" : "failed";
    }
}
