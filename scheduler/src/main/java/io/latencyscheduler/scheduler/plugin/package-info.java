/** The plugins: what kube-scheduler honours, and what only this scheduler does. Each is one class. */
@NullMarked
package io.latencyscheduler.scheduler.plugin;

import org.jspecify.annotations.NullMarked;
