/** The scheduler's side towards the API server: what it watches, what it writes, and when it may. */
@NullMarked
package io.latencyscheduler.scheduler.kube;

import org.jspecify.annotations.NullMarked;
