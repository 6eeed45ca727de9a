/** What may be asked of the store: the verbs of the API with their preconditions, and pods' binding and eviction. */
@NullMarked
package io.latencyscheduler.sandbox.registry;

import org.jspecify.annotations.NullMarked;
