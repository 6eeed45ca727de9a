package io.latencyscheduler.scheduler.framework;

import java.util.concurrent.atomic.AtomicInteger;

/** Where a plugin keeps a value of type {@code T} during one cycle. A plugin holds it in a static field. */
@SuppressWarnings("unused") // T names the type of the value for the compiler.
public final class StateKey<T> {
    private static final AtomicInteger NEXT = new AtomicInteger();

    final int slot = NEXT.getAndIncrement();
}
