/** Nodes whose kubelet runs the pods of the chart as processes of this machine. */
@NullMarked
package io.latencyscheduler.charts.node;

import org.jspecify.annotations.NullMarked;
