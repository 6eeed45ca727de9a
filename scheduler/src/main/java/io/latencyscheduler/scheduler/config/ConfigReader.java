package io.latencyscheduler.scheduler.config;

import io.latencyscheduler.contract.Durations;
import io.latencyscheduler.contract.Fault;
import io.latencyscheduler.contract.Reading;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;

/** Reads property values, gathering faults. A value that is at fault reads as its default. */
final class ConfigReader {
    private final Map<String, String> given = new HashMap<>();
    private final List<Fault> faults = new ArrayList<>();
    private final Set<Property> faulty = EnumSet.noneOf(Property.class);

    ConfigReader(Map<String, String> properties) {
        Set<String> known = new HashSet<>();
        for (Property property : Property.values()) {
            known.add(uniform(property.fullName()));
        }
        properties.forEach((key, value) -> {
            if (known.contains(uniform(key))) {
                given.put(uniform(key), value);
            } else {
                faults.add(new Fault(key, value, "a property that exists: see docs/reference/configuration.md"));
            }
        });
    }

    /** The same for {@code max-in-flight}, {@code maxInFlight} and {@code MAX_IN_FLIGHT}, as Spring's relaxed binding has it. */
    private static String uniform(String key) {
        return key.toLowerCase(Locale.ROOT).replace("-", "").replace("_", "");
    }

    String text(Property property) {
        return given.getOrDefault(uniform(property.fullName()), property.defaultValue())
                .strip();
    }

    String dnsLabel(Property property) {
        String text = text(property);
        boolean mayBeEmpty = property.defaultValue().isEmpty();
        require((mayBeEmpty && text.isEmpty()) || text.matches("[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?"), property);
        return text;
    }

    /** The text, which must match the pattern; the default when it does not. */
    String matching(Property property, String pattern) {
        boolean usable = text(property).matches(pattern);
        require(usable, property);
        return usable ? text(property) : property.defaultValue();
    }

    Optional<Path> path(Property property) {
        String text = text(property);
        return text.isEmpty() ? Optional.empty() : Optional.of(Path.of(text));
    }

    boolean bool(Property property) {
        String text = text(property).toLowerCase(Locale.ROOT);
        require(text.equals("true") || text.equals("false"), property);
        return text.equals("true");
    }

    /** The constant whose name the value is, in lower case; the default when it is none. */
    <E extends Enum<E>> E oneOf(Property property, E[] constants) {
        E fallback = constants[0];
        for (E constant : constants) {
            String name = constant.name().toLowerCase(Locale.ROOT);
            if (name.equals(text(property).toLowerCase(Locale.ROOT))) {
                return constant;
            }
            fallback = name.equals(property.defaultValue()) ? constant : fallback;
        }
        require(false, property);
        return fallback;
    }

    int integer(Property property, int min, int max) {
        try {
            int value = Integer.parseInt(text(property));
            boolean usable = value >= min && value <= max;
            require(usable, property);
            return usable ? value : Integer.parseInt(property.defaultValue());
        } catch (NumberFormatException malformed) {
            require(false, property);
            return Integer.parseInt(property.defaultValue());
        }
    }

    double positive(Property property) {
        try {
            double value = Double.parseDouble(text(property));
            require(value > 0 && value <= 1e9, property);
            return value;
        } catch (NumberFormatException malformed) {
            require(false, property);
            return Double.parseDouble(property.defaultValue());
        }
    }

    Duration duration(Property property, Duration min) {
        OptionalLong ns = Durations.parse(text(property));
        boolean usable = ns.isPresent() && ns.getAsLong() >= min.toNanos();
        require(usable, property);
        return Duration.ofNanos(
                usable
                        ? ns.getAsLong()
                        : Durations.parse(property.defaultValue()).orElseThrow());
    }

    /** A fault of the property unless the condition holds; one per property. */
    void require(boolean condition, Property property) {
        if (!condition && faulty.add(property)) {
            faults.add(new Fault(property.fullName(), text(property), property.accepted()));
        }
    }

    Reading<SchedulerConfig> finish(SchedulerConfig config) {
        return new Reading<>(config, faults, List.of());
    }
}
