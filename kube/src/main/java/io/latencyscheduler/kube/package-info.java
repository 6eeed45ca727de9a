/**
 * How every program talks to the API server: JSON as trees and records, never as generated models; requests limited and
 * judged by their status; watches that notice when they have stalled; leases that end before others may take them.
 */
@NullMarked
package io.latencyscheduler.kube;

import org.jspecify.annotations.NullMarked;
