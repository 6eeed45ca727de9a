/** What a node lacks, as a pure function of what it is and what is wanted of it. */
@NullMarked
package io.latencyscheduler.dataplane.setup.judge;

import org.jspecify.annotations.NullMarked;
