/** What a test needs of its machine, said by an annotation: it runs, or is skipped with a reason, or fails where CI forbids skips. */
@NullMarked
package io.latencyscheduler.sandbox.testing;

import org.jspecify.annotations.NullMarked;
