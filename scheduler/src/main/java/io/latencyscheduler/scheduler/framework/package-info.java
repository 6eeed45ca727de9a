/**
 * kube-scheduler's extension points under their own names: what a plugin implements, and the verdicts it gives.
 *
 * <p>A plugin is one class that implements the points it cares for. All points up to Permit are called on the
 * scheduler's own thread, so plugins need no locks; PreBind and PostBind say where they run.
 */
@NullMarked
package io.latencyscheduler.scheduler.framework;

import org.jspecify.annotations.NullMarked;
