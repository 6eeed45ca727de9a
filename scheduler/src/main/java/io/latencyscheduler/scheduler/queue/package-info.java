/** Pods that wait to be placed, and when each is tried again. Belongs to the scheduler's thread: no locks. */
@NullMarked
package io.latencyscheduler.scheduler.queue;

import org.jspecify.annotations.NullMarked;
