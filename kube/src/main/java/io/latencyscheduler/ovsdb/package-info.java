/** How programs talk to an Open vSwitch database; in this module because node-discovery and dataplane-agent both do. */
@NullMarked
package io.latencyscheduler.ovsdb;

import org.jspecify.annotations.NullMarked;
