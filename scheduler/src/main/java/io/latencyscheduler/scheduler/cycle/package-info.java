/**
 * How one pod after another is placed: a serial scheduling cycle in memory, then an asynchronous binding cycle.
 *
 * <p>Everything here belongs to one thread; {@link io.latencyscheduler.scheduler.cycle.Binder} and
 * {@link io.latencyscheduler.scheduler.cycle.Reporter} are what the outside implements.
 */
@NullMarked
package io.latencyscheduler.scheduler.cycle;

import org.jspecify.annotations.NullMarked;
