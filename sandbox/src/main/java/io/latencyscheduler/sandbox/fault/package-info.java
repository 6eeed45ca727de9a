/** Faults between a program and its API server. */
@NullMarked
package io.latencyscheduler.sandbox.fault;

import org.jspecify.annotations.NullMarked;
