/** What is counted and measured on the node, for Prometheus. */
@NullMarked
package io.latencyscheduler.dataplane.metrics;

import org.jspecify.annotations.NullMarked;
