/** The pods' network interfaces on this node and the tunnels to the other nodes, whatever switch carries them. */
@NullMarked
package io.latencyscheduler.dataplane.overlay;

import org.jspecify.annotations.NullMarked;
