/** What was read from one host, before anything is concluded from it. Values only. */
@NullMarked
package io.latencyscheduler.discovery.fact;

import org.jspecify.annotations.NullMarked;
