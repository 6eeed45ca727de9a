/** The scheduler as kube-scheduler's extender: the same decisions, asked for by somebody else. */
@NullMarked
package io.latencyscheduler.scheduler.extender;

import org.jspecify.annotations.NullMarked;
