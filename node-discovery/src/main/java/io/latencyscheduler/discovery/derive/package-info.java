/** Pure conclusions: facts and configuration in, labels and inventory out. */
@NullMarked
package io.latencyscheduler.discovery.derive;

import org.jspecify.annotations.NullMarked;
