package io.latencyscheduler.scheduler.config;

import io.latencyscheduler.contract.Reading;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;
import org.springframework.core.env.ConfigurableEnvironment;
import org.springframework.core.env.EnumerablePropertySource;
import org.springframework.core.env.PropertySource;

/** Reads the configuration from Spring's environment: files, arguments, system properties and variables. */
public final class EnvironmentConfig {
    private EnvironmentConfig() {}

    /**
     * Reads the configuration.
     *
     * @throws ConfigFaults with all that is wrong
     */
    public static SchedulerConfig read(ConfigurableEnvironment environment) {
        Map<String, String> given = new HashMap<>();
        // Names that no property has would be passed over without a word.
        for (PropertySource<?> source : environment.getPropertySources()) {
            if (source instanceof EnumerablePropertySource<?> enumerable) {
                for (String name : enumerable.getPropertyNames()) {
                    if (name.startsWith(Property.PREFIX)) {
                        given.put(name, environment.getProperty(name, ""));
                    }
                }
            }
        }
        for (Property property : Property.values()) {
            String value = environment.getProperty(property.fullName());
            if (value != null) {
                given.put(property.fullName(), value);
            }
        }
        Reading<SchedulerConfig> reading = SchedulerConfig.read(given);
        if (!reading.ok()) {
            throw new ConfigFaults(reading.faults());
        }
        return reading.value();
    }

    /** The properties in force that {@linkplain Property#bearsOnPlacement() bear on placement}, by full name. */
    public static Map<String, String> placement(ConfigurableEnvironment environment) {
        Map<String, String> values = new TreeMap<>();
        for (Property property : Property.values()) {
            if (property.bearsOnPlacement()) {
                values.put(property.fullName(), environment.getProperty(property.fullName(), property.defaultValue()));
            }
        }
        return values;
    }
}
