/**
 * Objects as bytes under one global resource version, and the bounded history from which watches are served. One lock;
 * every write is a step of that version.
 */
@NullMarked
package io.latencyscheduler.sandbox.store;

import org.jspecify.annotations.NullMarked;
