/** What {@code kubectl get} prints: columns by resource, cells from objects. Pure. */
@NullMarked
package io.latencyscheduler.sandbox.table;

import org.jspecify.annotations.NullMarked;
