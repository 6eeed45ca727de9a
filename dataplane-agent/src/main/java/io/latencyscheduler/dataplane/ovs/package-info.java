/** The overlay on Open vSwitch with DPDK: OVSDB (RFC 7047), OpenFlow, and the reconciliation of both. */
@NullMarked
package io.latencyscheduler.dataplane.ovs;

import org.jspecify.annotations.NullMarked;
