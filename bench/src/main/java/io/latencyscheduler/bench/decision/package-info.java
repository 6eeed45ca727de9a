/** What one decision of the scheduler's core costs, and how that grows with the cluster. */
@NullMarked
package io.latencyscheduler.bench.decision;

import org.jspecify.annotations.NullMarked;
