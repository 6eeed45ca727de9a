/** What was decided and why: codes while it happens, words when somebody asks. */
@NullMarked
package io.latencyscheduler.scheduler.trace;

import org.jspecify.annotations.NullMarked;
