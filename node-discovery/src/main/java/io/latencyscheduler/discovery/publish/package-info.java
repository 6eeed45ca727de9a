/** The edge to the API server: what differs is patched, what somebody else wrote is left alone. */
@NullMarked
package io.latencyscheduler.discovery.publish;

import org.jspecify.annotations.NullMarked;
