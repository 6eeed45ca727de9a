/** The long-running program: when to scan again, health, metrics. The only package that knows Spring. */
@NullMarked
package io.latencyscheduler.discovery.daemon;

import org.jspecify.annotations.NullMarked;
