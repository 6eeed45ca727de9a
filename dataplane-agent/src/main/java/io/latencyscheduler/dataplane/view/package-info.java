/**
 * What a pod is told of what it was given, as files in its folder. {@code PodView} is a pure function of allocation,
 * inventory and the kubelet's choices; {@code PodViewFiles} writes it.
 */
@NullMarked
package io.latencyscheduler.dataplane.view;

import org.jspecify.annotations.NullMarked;
