/** The seam between Java and the native engine: one class of native calls, and the reader of the page both share. */
@NullMarked
package io.latencyscheduler.dataplane.jni;

import org.jspecify.annotations.NullMarked;
