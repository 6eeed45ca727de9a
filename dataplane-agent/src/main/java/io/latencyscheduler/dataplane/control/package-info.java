/** Brings the engine to what the plan says, and tells the API server how it went. */
@NullMarked
package io.latencyscheduler.dataplane.control;

import org.jspecify.annotations.NullMarked;
