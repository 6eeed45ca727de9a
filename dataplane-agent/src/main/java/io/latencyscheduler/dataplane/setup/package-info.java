/** Says what a node lacks for time-critical pods, sets it up when asked, and undoes that. */
@NullMarked
package io.latencyscheduler.dataplane.setup;

import org.jspecify.annotations.NullMarked;
