/** Measurements of the timetable, in its own package so that placements can be compared. */
@NullMarked
package io.latencyscheduler.contract.timetable;

import org.jspecify.annotations.NullMarked;
