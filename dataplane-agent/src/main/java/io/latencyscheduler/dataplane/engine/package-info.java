/** The frame engine of a node as the control part sees it: ports, gates, pods, counters. */
@NullMarked
package io.latencyscheduler.dataplane.engine;

import org.jspecify.annotations.NullMarked;
