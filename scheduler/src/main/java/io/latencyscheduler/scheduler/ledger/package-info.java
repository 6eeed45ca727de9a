/**
 * What every node has and who holds it: free = inventory − allocations of bound, unfinished pods − assumed pods.
 *
 * <p>Always recomputed from pods, never stored. Belongs to the scheduler's thread: no locks.
 */
@NullMarked
package io.latencyscheduler.scheduler.ledger;

import org.jspecify.annotations.NullMarked;
