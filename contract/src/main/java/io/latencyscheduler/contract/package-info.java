/**
 * The words that all programs share: annotation and label keys, what a pod asks, what a node has, what was allocated.
 *
 * <p>Plain Java without dependencies. JSON and YAML are parsed at the edges; record components carry the names of the
 * wire form, so that one mapper serves all. Times are integers of nanoseconds, named {@code …Ns} here, in JSON and in C.
 */
@NullMarked
package io.latencyscheduler.contract;

import org.jspecify.annotations.NullMarked;
