/** What the program prints for people and scripts. */
@NullMarked
package io.latencyscheduler.discovery.output;

import org.jspecify.annotations.NullMarked;
