package io.latencyscheduler.scheduler.kube;

import io.latencyscheduler.scheduler.cycle.Binder;
import io.latencyscheduler.scheduler.metrics.Metric;
import io.latencyscheduler.scheduler.metrics.SchedulerMetrics;
import java.util.concurrent.CompletionStage;

/** Another binder, with its time taken. */
record MeasuredBinder(Binder binder, SchedulerMetrics metrics) implements Binder {
    @Override
    public CompletionStage<Result> bind(Request request) {
        long startNs = System.nanoTime();
        return binder.bind(request)
                .whenComplete((result, broke) ->
                        metrics.observeNs(Metric.BINDING_DURATION, System.nanoTime() - startNs, outcome(result)));
    }

    private static String outcome(Result result) {
        return result instanceof Result.Bound ? "bound" : result instanceof Result.Conflict ? "conflict" : "failed";
    }
}
