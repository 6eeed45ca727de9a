/** Lines of the log that machines read. */
@NullMarked
package io.latencyscheduler.dataplane.log;

import org.jspecify.annotations.NullMarked;
