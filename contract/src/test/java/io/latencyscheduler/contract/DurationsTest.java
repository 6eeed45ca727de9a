package io.latencyscheduler.contract;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class DurationsTest {
    @ParameterizedTest(name = "''{0}'' is {1} ns")
    @CsvSource({
        "5000, 5000000",
        "0, 0",
        "250us, 250000",
        "250µs, 250000",
        "250\u03bcs, 250000",
        "' 1 ms ', 1000000",
        "800ns, 800",
        "86400s, 86400000000000",
        "00001ms, 1000000"
    })
    void shouldReadTheAcceptedForms(String text, long ns) {
        assertThat(Durations.parse(text)).hasValue(ns);
    }

    @ParameterizedTest(name = "''{0}'' is refused")
    @ValueSource(
            strings = {
                "",
                " ",
                "-1",
                "+1",
                "1.5ms",
                "1e3",
                "5 minutes",
                "ms",
                "1m",
                "86401s",
                "9223372036854775808",
                "9999999999999999999ns",
                "1 2",
                "١ms"
            })
    void shouldRefuseEverythingElse(String text) {
        assertThat(Durations.parse(text)).isEmpty();
    }

    @ParameterizedTest(name = "{0} ns is shown as {1}")
    @CsvSource({"0, 0µs", "800, 800ns", "250000, 250µs", "1000000, 1ms", "1500000, 1500µs", "2000000000, 2s"})
    void shouldShowTheShortestExactTextThatReadsBack(long ns, String text) {
        assertThat(Durations.format(ns)).isEqualTo(text);
        assertThat(Durations.parse(text)).hasValue(ns);
    }
}
