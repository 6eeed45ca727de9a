/**
 * What a node should do, as a pure function of the pods bound to it and its own ports: no clock, no input or output.
 * The edges carry a {@link io.latencyscheduler.dataplane.plan.Plan} out.
 */
@NullMarked
package io.latencyscheduler.dataplane.plan;

import org.jspecify.annotations.NullMarked;
