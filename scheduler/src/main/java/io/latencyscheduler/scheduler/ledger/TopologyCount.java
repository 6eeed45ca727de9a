package io.latencyscheduler.scheduler.ledger;

import java.util.HashMap;
import java.util.Map;

/** A number per value of one node label, 0 where none was added. A live view: not to be kept beyond the cycle. */
public final class TopologyCount {
    private final String key;
    private final Map<String, Long> byValue = new HashMap<>();
    private long sum;

    TopologyCount(String key) {
        this.key = key;
    }

    /** The node label. */
    public String key() {
        return key;
    }

    void add(String value, long amount) {
        sum += amount;
        byValue.merge(value, amount, (a, b) -> a + b == 0 ? null : a + b);
    }

    /** The number for a value of the label. */
    public long get(String value) {
        return byValue.isEmpty() ? 0 : byValue.getOrDefault(value, 0L);
    }

    /** The sum of all numbers. */
    public long sum() {
        return sum;
    }

    /** Whether every value has 0. */
    public boolean isEmpty() {
        return byValue.isEmpty();
    }

    int size() {
        return byValue.size();
    }
}
