/** The cluster as people look at it: copies of the ledger and the queue that any thread may read. */
@NullMarked
package io.latencyscheduler.scheduler.view;

import org.jspecify.annotations.NullMarked;
