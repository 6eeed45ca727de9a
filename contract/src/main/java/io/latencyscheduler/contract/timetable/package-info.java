/**
 * The timetable: the arithmetic of windows on one egress port. The scheduler admits by it, the agent enforces it.
 *
 * <p>Times are nanoseconds of TAI. Nothing here reads a clock.
 */
@NullMarked
package io.latencyscheduler.contract.timetable;

import org.jspecify.annotations.NullMarked;
