package io.latencyscheduler.scheduler.model;

import java.util.HashMap;
import java.util.Map;

/**
 * Amounts of resources that one pod asks or one node offers.
 *
 * @param milliCpu thousandths of a CPU
 * @param memoryBytes memory
 * @param ephemeralStorageBytes local storage
 * @param scalar hugepages (bytes) and extended resources (count) by name; without zeros
 */
public record Resources(long milliCpu, long memoryBytes, long ephemeralStorageBytes, Map<String, Long> scalar) {
    public static final Resources NONE = new Resources(0, 0, 0, Map.of());
    public static final String CPU = "cpu";
    public static final String MEMORY = "memory";
    public static final String EPHEMERAL_STORAGE = "ephemeral-storage";
    public static final String PODS = "pods";

    public Resources {
        scalar = Map.copyOf(scalar);
    }

    /** Whether nothing is asked. */
    public boolean isNone() {
        return milliCpu == 0 && memoryBytes == 0 && ephemeralStorageBytes == 0 && scalar.isEmpty();
    }

    /** Reads a Kubernetes resource list; {@code pods} is no amount of this kind and is left out. */
    public static Resources of(Map<String, Quantity> list) {
        if (list.isEmpty()) {
            return NONE;
        }
        Map<String, Long> scalar = new HashMap<>();
        list.forEach((name, quantity) -> {
            if (isScalar(name) && quantity.value() != 0) {
                scalar.put(name, quantity.value());
            }
        });
        return new Resources(
                list.getOrDefault(CPU, Quantity.ZERO).milliValue(),
                list.getOrDefault(MEMORY, Quantity.ZERO).value(),
                list.getOrDefault(EPHEMERAL_STORAGE, Quantity.ZERO).value(),
                scalar);
    }

    private static boolean isScalar(String name) {
        return !name.equals(CPU) && !name.equals(MEMORY) && !name.equals(EPHEMERAL_STORAGE) && !name.equals(PODS);
    }

    public Resources plus(Resources other) {
        if (other.isNone()) {
            return this;
        }
        Map<String, Long> sum = new HashMap<>(scalar);
        other.scalar.forEach((name, amount) -> sum.merge(name, amount, Long::sum));
        return new Resources(
                milliCpu + other.milliCpu,
                memoryBytes + other.memoryBytes,
                ephemeralStorageBytes + other.ephemeralStorageBytes,
                sum);
    }

    /** The larger of the two, for each resource. */
    public Resources max(Resources other) {
        Map<String, Long> larger = new HashMap<>(scalar);
        other.scalar.forEach((name, amount) -> larger.merge(name, amount, Math::max));
        return new Resources(
                Math.max(milliCpu, other.milliCpu),
                Math.max(memoryBytes, other.memoryBytes),
                Math.max(ephemeralStorageBytes, other.ephemeralStorageBytes),
                larger);
    }
}
