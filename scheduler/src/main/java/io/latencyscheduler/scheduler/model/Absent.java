package io.latencyscheduler.scheduler.model;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Turns fields that a JSON document leaves out into empty values, in the constructors of the records here. */
final class Absent {
    private Absent() {}

    static <T> List<T> list(@Nullable List<T> list) {
        return list == null || list.isEmpty() ? List.of() : List.copyOf(list);
    }

    static <K, V> Map<K, V> map(@Nullable Map<K, V> map) {
        return map == null || map.isEmpty() ? Map.of() : Map.copyOf(map);
    }

    static String text(@Nullable String text) {
        return text == null ? "" : text;
    }
}
