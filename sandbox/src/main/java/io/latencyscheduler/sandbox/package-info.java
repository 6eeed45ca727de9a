/** A Kubernetes to test against and to try things on: an in-memory API server with simulated nodes. */
@NullMarked
package io.latencyscheduler.sandbox;

import org.jspecify.annotations.NullMarked;
