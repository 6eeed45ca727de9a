/** Nodes that do not exist, and the kubelets on them: they beat, they run what is bound to them, they let go of it. */
@NullMarked
package io.latencyscheduler.sandbox.cluster;

import org.jspecify.annotations.NullMarked;
