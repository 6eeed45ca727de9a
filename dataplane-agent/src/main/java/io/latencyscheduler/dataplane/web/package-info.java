/** Read-only pages of the agent. */
@NullMarked
package io.latencyscheduler.dataplane.web;

import org.jspecify.annotations.NullMarked;
