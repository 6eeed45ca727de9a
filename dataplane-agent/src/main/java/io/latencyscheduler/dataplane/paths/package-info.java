/** Measures the latency of the paths that the node offers. */
@NullMarked
package io.latencyscheduler.dataplane.paths;

import org.jspecify.annotations.NullMarked;
