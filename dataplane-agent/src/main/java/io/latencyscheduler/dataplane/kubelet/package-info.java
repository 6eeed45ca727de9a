/**
 * The node's kubelet: the device plugin that counts owned ports for it, what it chose for a pod, and the files of the
 * Container Device Interface through which a container gets the devices of its pod.
 */
@NullMarked
package io.latencyscheduler.dataplane.kubelet;

import org.jspecify.annotations.NullMarked;
