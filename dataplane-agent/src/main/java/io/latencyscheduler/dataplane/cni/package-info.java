/** Serves the requests of {@code tsn-cni}. */
@NullMarked
package io.latencyscheduler.dataplane.cni;

import org.jspecify.annotations.NullMarked;
