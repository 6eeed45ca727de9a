/** The dataplane-agent: keeps on one node what the scheduler promised. */
@NullMarked
package io.latencyscheduler.dataplane;

import org.jspecify.annotations.NullMarked;
