/**
 * The PCI functions that pods own: made ready for a pod, and given back as they were. {@code DevicePool} decides, the
 * host's sysfs and the store are reached through interfaces.
 */
@NullMarked
package io.latencyscheduler.dataplane.devices;

import org.jspecify.annotations.NullMarked;
