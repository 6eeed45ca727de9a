package io.latencyscheduler.scheduler.fake;

import io.latencyscheduler.scheduler.model.Quantity;
import java.util.HashMap;
import java.util.Map;

/** Resource lists from names and amounts in turn. */
final class Quantities {
    private Quantities() {}

    static Map<String, Quantity> of(String... namesAndAmounts) {
        Map<String, Quantity> list = new HashMap<>();
        for (int i = 0; i < namesAndAmounts.length; i += 2) {
            list.put(namesAndAmounts[i], Quantity.valueOf(namesAndAmounts[i + 1]));
        }
        return list;
    }
}
