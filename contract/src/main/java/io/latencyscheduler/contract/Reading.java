package io.latencyscheduler.contract;

import java.util.List;

/**
 * What came of reading user input: the value is usable only when there are no faults.
 *
 * @param value what was understood
 * @param faults all that was wrong, never just the first
 * @param warnings what is accepted but should be told, one sentence each
 */
public record Reading<T>(T value, List<Fault> faults, List<String> warnings) {
    public Reading {
        faults = List.copyOf(faults);
        warnings = List.copyOf(warnings);
    }

    public boolean ok() {
        return faults.isEmpty();
    }
}
