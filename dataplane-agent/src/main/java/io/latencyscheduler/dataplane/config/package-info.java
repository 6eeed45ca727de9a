/** What an operator may set, read strictly: all faults at once, each in one sentence. */
@NullMarked
package io.latencyscheduler.dataplane.config;

import org.jspecify.annotations.NullMarked;
