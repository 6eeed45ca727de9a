/** Takes things away from running schedulers, and audits what they wrote to the API server meanwhile. */
@NullMarked
package io.latencyscheduler.sandbox.chaos;

import org.jspecify.annotations.NullMarked;
