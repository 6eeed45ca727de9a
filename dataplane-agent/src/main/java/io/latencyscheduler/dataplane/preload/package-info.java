/** Finds programs of pods that were to load libtsnsocket.so and cannot. */
@NullMarked
package io.latencyscheduler.dataplane.preload;

import org.jspecify.annotations.NullMarked;
