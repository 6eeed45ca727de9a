/** Subcommands of the jar that need no cluster. */
@NullMarked
package io.latencyscheduler.scheduler.cli;

import org.jspecify.annotations.NullMarked;
