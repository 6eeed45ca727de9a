/** The agent's talk with the API server: what it follows, and what it says. */
@NullMarked
package io.latencyscheduler.dataplane.kube;

import org.jspecify.annotations.NullMarked;
