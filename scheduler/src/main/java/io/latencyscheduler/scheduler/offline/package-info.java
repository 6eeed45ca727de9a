/** The same core without a cluster: over a snapshot, for explanations and what-ifs. */
@NullMarked
package io.latencyscheduler.scheduler.offline;

import org.jspecify.annotations.NullMarked;
