/** The program's configuration: what may be set, its defaults, and every fault of it at once. */
@NullMarked
package io.latencyscheduler.discovery.config;

import org.jspecify.annotations.NullMarked;
