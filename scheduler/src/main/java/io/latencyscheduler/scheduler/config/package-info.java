/** What an operator may set, read strictly: all faults at once, each in one sentence. */
@NullMarked
package io.latencyscheduler.scheduler.config;

import org.jspecify.annotations.NullMarked;
