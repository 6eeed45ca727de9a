/** Tests of what is installed: the chart, the manifests, monitoring. */
@NullMarked
package io.latencyscheduler.charts;

import org.jspecify.annotations.NullMarked;
