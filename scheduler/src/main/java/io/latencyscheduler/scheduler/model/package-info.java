/**
 * What the scheduler reads of Kubernetes' objects, as immutable values.
 *
 * <p>Record components carry Kubernetes' own field names, so that the edge binds them straight from the JSON of a watch
 * event; fields that are not here are ignored. An absent list or map is empty, an absent object is null.
 */
@NullMarked
package io.latencyscheduler.scheduler.model;

import org.jspecify.annotations.NullMarked;
