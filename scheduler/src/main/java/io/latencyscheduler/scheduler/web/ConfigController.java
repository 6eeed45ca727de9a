package io.latencyscheduler.scheduler.web;

import io.latencyscheduler.kube.Json;
import io.latencyscheduler.scheduler.config.EnvironmentConfig;
import org.springframework.core.env.ConfigurableEnvironment;
import org.springframework.http.MediaType;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RestController;

/** What an offline decision needs to know of this scheduler. */
@RestController
class ConfigController {
    private final ConfigurableEnvironment environment;

    ConfigController(ConfigurableEnvironment environment) {
        this.environment = environment;
    }

    /** The properties in force that bear on where pods go, by full name. */
    @GetMapping(path = "/api/v1/config", produces = MediaType.APPLICATION_JSON_VALUE)
    String config() {
        return Json.text(EnvironmentConfig.placement(environment));
    }
}
