/**
 * The mutating admission webhook: completes pods that only say how fast their network must be. {@code PodCompletion} is a
 * pure function from a pod to a JSON patch; the others keep its certificate and speak HTTPS.
 */
@NullMarked
package io.latencyscheduler.scheduler.admission;

import org.jspecify.annotations.NullMarked;
