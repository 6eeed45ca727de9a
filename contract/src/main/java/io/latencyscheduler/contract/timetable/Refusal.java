package io.latencyscheduler.contract.timetable;

import io.latencyscheduler.contract.Durations;
import io.latencyscheduler.contract.Phase;
import io.latencyscheduler.contract.StreamDemand;
import io.latencyscheduler.contract.timetable.Admission.Code;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Why a stream does not fit: the state of the port at that moment, put into words on demand. */
record Refusal(String port, PortTiming timing, Occupancy occupancy, StreamDemand demand, Code failed) {
    /** Periods proposed besides those in use: the harmonic and the decimal family that field devices offer. */
    private static final long[] USUAL_PERIODS_NS = {
        125_000,
        250_000,
        500_000,
        1_000_000,
        2_000_000,
        4_000_000,
        5_000_000,
        8_000_000,
        10_000_000,
        16_000_000,
        20_000_000,
        32_000_000
    };

    private long lengthNs() {
        return timing.windowNs(demand.frameBytes(), demand.trafficClass());
    }

    /** A finer code than the search gives: no offset whatever avoids some stream. */
    Code code() {
        return failed == Code.NO_FREE_WINDOW && clashing() != null ? Code.PERIODS_CLASH : failed;
    }

    private @Nullable Holding clashing() {
        return occupancy.clashing(windowPeriodNs(), lengthNs());
    }

    private long windowPeriodNs() {
        return demand.periodNs() / Math.max(1, Offsets.windowsPerPeriod(demand, lengthNs(), 0));
    }

    Optional<Holding> collision() {
        if (failed.test() != Admission.Test.WINDOW) {
            return Optional.empty();
        }
        Holding clash = clashing();
        return Optional.ofNullable(
                clash != null
                        ? clash
                        : occupancy.meeting(windowPeriodNs(), Offsets.fromNs(demand) % windowPeriodNs(), lengthNs()));
    }

    OptionalLong nearestDeadlineNs() {
        long lengthNs = lengthNs();
        boolean windowed = demand.phase().kind() != Phase.Kind.FREE;
        if (failed == Code.DEADLINE_TOO_SHORT && windowed && lengthNs > demand.periodNs()
                || failed.test() == Admission.Test.DENSITY
                || failed.test() == Admission.Test.GATES
                || failed.test() == Admission.Test.STATIC && failed != Code.DEADLINE_TOO_SHORT) {
            return OptionalLong.empty();
        }
        if (!windowed) {
            return nearestFreeDeadlineNs();
        }
        long fromNs = Offsets.fromNs(demand);
        long offsetNs = occupancy.firstFree(demand.periodNs(), lengthNs, fromNs, fromNs + demand.periodNs() - lengthNs);
        return offsetNs < 0 ? OptionalLong.empty() : OptionalLong.of(offsetNs - fromNs + lengthNs);
    }

    private OptionalLong nearestFreeDeadlineNs() {
        long lengthNs = lengthNs();
        for (int n = Offsets.MAX_FREE_WINDOWS; n >= 1; n--) {
            long periodNs = demand.periodNs() / n;
            long deadlineNs = periodNs + lengthNs;
            if (demand.periodNs() % n == 0
                    && deadlineNs > demand.deadlineNs()
                    && deadlineNs <= demand.periodNs()
                    && occupancy.firstFree(periodNs, lengthNs, 0, periodNs - 1) >= 0) {
                return OptionalLong.of(deadlineNs);
            }
        }
        return OptionalLong.empty();
    }

    OptionalLong nearestPeriodNs() {
        if (failed.test() == Admission.Test.STATIC && failed != Code.PERIOD_UNSUPPORTED) {
            return OptionalLong.empty();
        }
        TreeSet<Long> candidates = new TreeSet<>();
        if (timing.periodsNs().isEmpty()) {
            for (long periodNs : occupancy.periodsNs()) {
                candidates.add(periodNs);
            }
            for (long periodNs : USUAL_PERIODS_NS) {
                candidates.add(periodNs);
            }
        } else {
            candidates.addAll(timing.periodsNs());
        }
        for (long periodNs : candidates.headSet(demand.periodNs(), false).descendingSet()) {
            if (wouldFit(periodNs)) {
                return OptionalLong.of(periodNs);
            }
        }
        for (long periodNs : candidates.tailSet(demand.periodNs(), false)) {
            if (wouldFit(periodNs)) {
                return OptionalLong.of(periodNs);
            }
        }
        return OptionalLong.empty();
    }

    private boolean wouldFit(long periodNs) {
        if (demand.phase().releaseNs() >= periodNs) {
            return false;
        }
        StreamDemand other = new StreamDemand(
                demand.name(),
                periodNs,
                Math.min(demand.deadlineNs(), periodNs),
                demand.frameBytes(),
                demand.phase(),
                demand.jitterNs(),
                demand.trafficClass());
        return new Timetable(port, timing, Placement.FIRST_FIT, false, occupancy).fits(List.of(other));
    }

    String sentence() {
        String subject = "stream " + demand.name() + (port.isEmpty() ? ": " : " on port " + port + ": ");
        String test = " (" + failed.test().wireName() + " test)";
        return subject + cause() + test + hint();
    }

    private String cause() {
        String length = Durations.format(lengthNs());
        return switch (code()) {
            case PERIOD_UNSUPPORTED ->
                "period of " + Durations.format(demand.periodNs()) + ", the port supports "
                        + timing.periodsNs().stream().map(Durations::format).collect(Collectors.joining(", "));
            case CLASS_NOT_SERVED -> "streams may not use traffic class " + demand.trafficClass() + " of the port";
            case FRAME_TOO_LARGE ->
                "frame of " + demand.frameBytes() + " bytes, the port takes "
                        + timing.maxSduBytes(demand.trafficClass()) + " in traffic class " + demand.trafficClass();
            case DEADLINE_TOO_SHORT ->
                lengthNs() > demand.deadlineNs()
                        ? "its frame needs " + length + " on this port, its deadline is "
                                + Durations.format(demand.deadlineNs())
                        : "no whole fraction of its period, down to 1/" + Offsets.MAX_FREE_WINDOWS
                                + ", is short enough for a deadline of " + Durations.format(demand.deadlineNs())
                                + demand.jitterNs().stream()
                                        .mapToObj(ns -> " and a jitter of " + Durations.format(ns))
                                        .collect(Collectors.joining());
            case JITTER_TOO_SMALL ->
                "jitter of " + Durations.format(demand.jitterNs().orElse(0)) + " is below the port's guard of "
                        + Durations.format(timing.guardNs(demand.trafficClass()));
            case WINDOW_TOO_SHORT ->
                "its window of " + length + " is shorter than the shortest interval of the port's gates, "
                        + Durations.format(timing.gateLimits().minIntervalNs());
            case GATES_EXHAUSTED ->
                "with its windows, no gate control list of "
                        + timing.gateLimits().supportedListMax()
                        + " entries and a cycle of "
                        + Durations.format(timing.gateLimits().supportedCycleMaxNs())
                        + ", which the port takes, leaves other traffic any time";
            case PORT_FULL ->
                "its windows of " + length + " need more time than the port has left, "
                        + Math.round(occupancy.utilisation() * 1000) / 10.0 + "% is held";
            case PERIODS_CLASH -> clash();
            case NO_FREE_WINDOW ->
                "every offset that meets its deadline of " + Durations.format(demand.deadlineNs())
                        + " collides with a window that is held"
                        + collision()
                                .map(holding -> ", the first with " + display(holding))
                                .orElse("");
        };
    }

    private String clash() {
        return collision()
                .map(holding -> "its period of " + Durations.format(windowPeriodNs()) + " and the "
                        + Durations.format(holding.window().periodNs()) + " of " + display(holding) + " share only "
                        + Durations.format(
                                Window.gcd(windowPeriodNs(), holding.window().periodNs()))
                        + ", less than their two windows need")
                .orElse("its period clashes with those in use");
    }

    private static String display(Holding holding) {
        Window window = holding.window();
        return holding.display() + ", " + Durations.format(window.lengthNs()) + " at "
                + Durations.format(window.offsetNs()) + " in every " + Durations.format(window.periodNs());
    }

    private String hint() {
        OptionalLong deadlineNs = nearestDeadlineNs();
        OptionalLong periodNs = nearestPeriodNs();
        if (deadlineNs.isEmpty() && periodNs.isEmpty()) {
            return "";
        }
        return "; a "
                + deadlineNs.stream()
                        .mapToObj(ns -> "deadline of " + Durations.format(ns))
                        .collect(Collectors.joining())
                + (deadlineNs.isPresent() && periodNs.isPresent() ? " or a " : "")
                + periodNs.stream()
                        .mapToObj(ns -> "period of " + Durations.format(ns))
                        .collect(Collectors.joining())
                + " would fit";
    }
}
