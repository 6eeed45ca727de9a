/** What is counted and measured, in kube-scheduler's vocabulary. */
@NullMarked
package io.latencyscheduler.scheduler.metrics;

import org.jspecify.annotations.NullMarked;
