/** kube-scheduler and latency-scheduler side by side on a real API server. */
@NullMarked
package io.latencyscheduler.bench.scheduler;

import org.jspecify.annotations.NullMarked;
