package io.latencyscheduler.discovery.fact;

import java.util.Objects;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * What one source said, or why it could not be read. Missing is not empty: "there are no ports" and "the ports could not
 * be read" are different facts, and only the first may remove anything.
 *
 * @param value what was read; null when it was not
 * @param unreadBecause why it was not read; null when it was
 */
public record Fact<T>(@Nullable T value, @Nullable String unreadBecause) {
    /** What the source said. */
    public static <T> Fact<T> known(T value) {
        return new Fact<>(Objects.requireNonNull(value), null);
    }

    /** The source could not be read. */
    public static <T> Fact<T> unread(String because) {
        return new Fact<>(null, because);
    }

    public boolean isKnown() {
        return value != null;
    }

    /** What was read, or {@code other} when nothing was. */
    public T orElse(T other) {
        return value != null ? value : other;
    }

    /** The same source seen through a function. */
    public <U> Fact<U> map(Function<? super T, ? extends U> function) {
        return value != null ? known(function.apply(value)) : new Fact<>(null, unreadBecause);
    }
}
