/** node-discovery: reads what a node has for fast networking and publishes it as labels and a NodeInventory. */
@NullMarked
package io.latencyscheduler.discovery;

import org.jspecify.annotations.NullMarked;
