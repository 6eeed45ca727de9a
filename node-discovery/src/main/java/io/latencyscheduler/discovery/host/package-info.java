/** The edge to the host: files under one root, one reader per source of facts, the Open vSwitch database. */
@NullMarked
package io.latencyscheduler.discovery.host;

import org.jspecify.annotations.NullMarked;
