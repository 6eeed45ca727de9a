package io.latencyscheduler.dataplane;

import io.latencyscheduler.contract.Fault;
import io.latencyscheduler.contract.NodeDataplane;
import io.latencyscheduler.contract.Reading;
import io.latencyscheduler.dataplane.config.AgentConfig;
import io.latencyscheduler.dataplane.config.AgentProperties;
import io.latencyscheduler.dataplane.config.ConfigurationFaults;
import io.latencyscheduler.dataplane.control.AgentLoop;
import io.latencyscheduler.dataplane.control.Gates;
import io.latencyscheduler.dataplane.control.NodeClock;
import io.latencyscheduler.dataplane.control.PortOpening;
import io.latencyscheduler.dataplane.control.Reconciler;
import io.latencyscheduler.dataplane.control.StatusBuilder;
import io.latencyscheduler.dataplane.engine.Engine;
import io.latencyscheduler.dataplane.engine.NativeEngine;
import io.latencyscheduler.dataplane.kube.NodeWatch;
import io.latencyscheduler.dataplane.kube.RefusalReporter;
import io.latencyscheduler.dataplane.kube.StatusPublisher;
import io.latencyscheduler.dataplane.plan.Plan.Refusal;
import io.latencyscheduler.kube.ClientSettings;
import io.latencyscheduler.kube.Clients;
import io.latencyscheduler.kube.ObjectClient;
import java.io.IOException;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** Joins the parts of the agent. Nothing is decided here. */
@Configuration(proxyBeanMethods = false)
class AgentWiring {
    @Bean
    AgentConfig agentConfig(AgentProperties properties) {
        Reading<AgentConfig> reading = AgentConfig.read(properties);
        if (!reading.ok()) {
            throw new ConfigurationFaults(reading.faults());
        }
        return reading.value();
    }

    @Bean
    Clients clients(AgentConfig config) {
        try {
            return Clients.open(ClientSettings.of(null, "dataplane-agent/" + version()));
        } catch (IOException unusable) {
            throw new ConfigurationFaults(List.of(new Fault("KUBECONFIG", "", "usable: " + unusable.getMessage())));
        }
    }

    @Bean
    Engine engine(AgentConfig config) {
        return NativeEngine.start(config);
    }

    @Bean(initMethod = "start")
    AgentLoop agentLoop(AgentConfig config, Clients clients, Engine engine) {
        ObjectClient objects = new ObjectClient(clients.commands());
        InstantSource clock = InstantSource.system();
        StatusPublisher publisher = new StatusPublisher(objects, config.nodeName());
        RefusalReporter reporter = new RefusalReporter(objects, config.nodeName(), config.evictRefused(), clock);
        AgentLoop.Outlet outlet = new AgentLoop.Outlet() {
            @Override
            public void publish(NodeDataplane status) throws IOException {
                publisher.publish(status);
            }

            @Override
            public void refused(List<Refusal> refusals) throws IOException {
                reporter.report(refusals);
            }
        };
        AtomicReference<@Nullable AgentLoop> loop = new AtomicReference<>();
        NodeWatch watch = new NodeWatch(clients, config.nodeName(), () -> {
            AgentLoop started = loop.get();
            if (started != null) {
                started.wake();
            }
        });
        AgentLoop made = new AgentLoop(
                watch::desired,
                new Reconciler(config, engine, new PortOpening(config, engine), Gates::compile),
                engine,
                new StatusBuilder(config, version()),
                new NodeClock(config),
                outlet,
                clock,
                config.heartbeat());
        loop.set(made);
        return made;
    }

    private static String version() {
        String version = AgentWiring.class.getPackage().getImplementationVersion();
        return version == null ? "development" : version;
    }
}
