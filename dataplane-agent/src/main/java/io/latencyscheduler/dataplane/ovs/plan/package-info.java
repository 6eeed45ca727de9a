/** What Open vSwitch should look like and what has to change for it, as pure functions of values. */
@NullMarked
package io.latencyscheduler.dataplane.ovs.plan;

import org.jspecify.annotations.NullMarked;
