package io.latencyscheduler.dataplane;

import io.latencyscheduler.contract.Fault;
import io.latencyscheduler.contract.NodeDataplane;
import io.latencyscheduler.contract.Reading;
import io.latencyscheduler.dataplane.cni.CniServer;
import io.latencyscheduler.dataplane.cni.CniService;
import io.latencyscheduler.dataplane.cni.NodePods;
import io.latencyscheduler.dataplane.cni.PodAddresses;
import io.latencyscheduler.dataplane.config.AgentConfig;
import io.latencyscheduler.dataplane.config.AgentProperties;
import io.latencyscheduler.dataplane.config.ConfigurationFaults;
import io.latencyscheduler.dataplane.control.AgentLoop;
import io.latencyscheduler.dataplane.control.Desired;
import io.latencyscheduler.dataplane.control.Desired.IgnoredAllocation;
import io.latencyscheduler.dataplane.control.Gates;
import io.latencyscheduler.dataplane.control.NodeClock;
import io.latencyscheduler.dataplane.control.PortOpening;
import io.latencyscheduler.dataplane.control.Reconciler;
import io.latencyscheduler.dataplane.control.StatusBuilder;
import io.latencyscheduler.dataplane.devices.DevicePool;
import io.latencyscheduler.dataplane.devices.FileDeviceStore;
import io.latencyscheduler.dataplane.devices.IpCommand;
import io.latencyscheduler.dataplane.devices.SysfsFiles;
import io.latencyscheduler.dataplane.devices.SysfsHost;
import io.latencyscheduler.dataplane.engine.Engine;
import io.latencyscheduler.dataplane.engine.EngineException;
import io.latencyscheduler.dataplane.engine.NativeEngine;
import io.latencyscheduler.dataplane.kube.NodeWatch;
import io.latencyscheduler.dataplane.kube.PathInputs;
import io.latencyscheduler.dataplane.kube.PeerDirectory;
import io.latencyscheduler.dataplane.kube.PodEvents;
import io.latencyscheduler.dataplane.kube.RefusalReporter;
import io.latencyscheduler.dataplane.kube.StatusPublisher;
import io.latencyscheduler.dataplane.metrics.AgentCollector;
import io.latencyscheduler.dataplane.metrics.AgentMetric;
import io.latencyscheduler.dataplane.paths.PathMonitor;
import io.latencyscheduler.dataplane.paths.ProbePlanner;
import io.latencyscheduler.dataplane.paths.ProbeProcesses;
import io.latencyscheduler.dataplane.plan.Plan.Refusal;
import io.latencyscheduler.dataplane.preload.PreloadWatch;
import io.latencyscheduler.dataplane.view.PodView;
import io.latencyscheduler.dataplane.view.PodViewFiles;
import io.latencyscheduler.kube.ClientSettings;
import io.latencyscheduler.kube.Clients;
import io.latencyscheduler.kube.ObjectClient;
import io.prometheus.client.CollectorRegistry;
import io.prometheus.metrics.core.metrics.Info;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import io.prometheus.metrics.simpleclient.bridge.SimpleclientCollector;
import java.io.IOException;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** Joins the parts of the agent. Nothing is decided here. */
@Configuration(proxyBeanMethods = false)
class AgentWiring {
    private static final Logger LOG = LoggerFactory.getLogger(AgentWiring.class);

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

    /** Wakes who must know that something changed, once they are there. */
    static final class Waker implements Runnable {
        private final List<Runnable> sleepers = new CopyOnWriteArrayList<>();

        @Override
        public void run() {
            sleepers.forEach(Runnable::run);
        }
    }

    @Bean
    Waker waker() {
        return new Waker();
    }

    @Bean
    NodeWatch nodeWatch(AgentConfig config, Clients clients, Waker waker) {
        return new NodeWatch(clients, config.nodeName(), waker);
    }

    @Bean
    Overlay overlay(AgentConfig config, Clients clients, Waker waker) {
        return Overlay.start(config, clients, waker);
    }

    @Bean
    PodAddresses podAddresses(AgentConfig config, Waker waker) throws IOException {
        return new PodAddresses(config.runDirectory().resolve("addresses.json"), waker);
    }

    @Bean
    CniServer cniServer(
            AgentConfig config,
            NodeWatch watch,
            AgentLoop loop,
            Overlay overlay,
            PodViewFiles views,
            Kubelet kubelet,
            PodAddresses addresses) {
        CniService service = new CniService(
                overlay.network(),
                new NodePods(watch, loop::lastOutcome, config.runDirectory(), pod -> {
                    kubelet.assign(pod);
                    views.write(pod);
                }),
                overlay::problem,
                config.overlay().podMtu(),
                config.overlay().maxAttachments(),
                addresses);
        try {
            return CniServer.start(config.cniSocket(), service);
        } catch (IOException refused) {
            throw new EngineException(config.cniSocket() + " cannot be opened: " + refused.getMessage());
        }
    }

    @Bean
    DevicePool devicePool(AgentConfig config) {
        DevicePool pool = new DevicePool(
                new SysfsHost(SysfsFiles.at(Path.of("/sys")), IpCommand::run),
                new FileDeviceStore(config.runDirectory().resolve("devices.json")),
                config.devices());
        pool.createFunctions().forEach(failure -> LOG.warn("{}", failure));
        return pool;
    }

    @Bean
    Kubelet kubelet(AgentConfig config, NodeWatch watch) {
        PreloadLibrary.install(NativeEngine.folder(), config.libraryDirectory());
        return config.kubelet().devicePlugin() ? new Kubelet(config.kubelet(), watch) : Kubelet.NONE;
    }

    @Bean
    PreloadWatch preloadWatch(AgentConfig config, Clients clients, NodeWatch watch) {
        PodEvents events =
                new PodEvents(new ObjectClient(clients.commands()), config.nodeName(), InstantSource.system());
        return new PreloadWatch(
                        Path.of("/proc"),
                        () -> {
                            Desired desired = watch.desired();
                            return desired == null ? List.of() : desired.pods();
                        },
                        (pod, sentence) -> events.warn(pod, "NotPreloaded", sentence))
                .start();
    }

    @Bean
    PodViewFiles podViewFiles(AgentConfig config, NodeWatch watch, Kubelet kubelet) {
        return new PodViewFiles(
                config.runDirectory(),
                watch::inventory,
                name -> config.port(name).devargs(),
                pod -> new PodView.Chosen(kubelet.cpus(pod), watch.hugepages(pod.uid())));
    }

    @Bean
    ProbePlanner probePlanner(AgentConfig config) {
        return new ProbePlanner(config.paths(), config.runDirectory().resolve("paths"));
    }

    @Bean
    ProbeProcesses probeProcesses(AgentConfig config, ProbePlanner planner) {
        return new ProbeProcesses(NativeEngine.folder(), config.paths(), planner);
    }

    @Bean(initMethod = "start")
    PathMonitor pathMonitor(
            AgentConfig config,
            Clients clients,
            NodeWatch watch,
            ProbePlanner planner,
            ProbeProcesses processes,
            Waker waker) {
        PeerDirectory peers = config.paths().peers()
                ? new PeerDirectory(new ObjectClient(clients.commands()), config.nodeName())
                : null;
        PathMonitor made =
                new PathMonitor(new PathInputs(watch, planner, peers)::plan, processes, InstantSource.system());
        waker.sleepers.add(made::wake);
        return made;
    }

    @Bean(initMethod = "start")
    AgentLoop agentLoop(
            AgentConfig config,
            Clients clients,
            Engine engine,
            NodeWatch watch,
            Overlay overlay,
            PathMonitor pathMonitor,
            DevicePool devicePool,
            PodViewFiles views,
            PodAddresses addresses,
            Waker waker) {
        ObjectClient objects = new ObjectClient(clients.commands());
        InstantSource clock = InstantSource.system();
        StatusPublisher publisher = new StatusPublisher(objects, config.nodeName(), overlay::carrier);
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

            @Override
            public void ignored(List<IgnoredAllocation> ignored) throws IOException {
                reporter.reportIgnored(ignored);
            }
        };
        AgentLoop made = new AgentLoop(
                watch::desired,
                new Reconciler(
                        config,
                        engine,
                        new PortOpening(config, engine, overlay::kind),
                        Gates::compile,
                        new Reconciler.Devices() {
                            @Override
                            public DevicePool.Outcome reconcile(Map<String, String> owners) {
                                return devicePool.reconcile(owners);
                            }

                            @Override
                            public Map<String, String> given() {
                                return devicePool.given();
                            }
                        },
                        views,
                        addresses::of),
                engine,
                new StatusBuilder(config, version(), overlay::verdicts),
                new NodeClock(config),
                pathMonitor,
                outlet,
                clock,
                config.heartbeat());
        waker.sleepers.add(made::wake);
        return made;
    }

    /** The agent's metrics on the page that Actuator serves. */
    @Bean
    CollectorRegistry agentMetrics(Engine engine, AgentLoop loop, ObjectProvider<PrometheusRegistry> page) {
        CollectorRegistry registry = new CollectorRegistry();
        registry.register(new AgentCollector(engine, loop));
        page.ifAvailable(served -> {
            SimpleclientCollector.builder().collectorRegistry(registry).register(served);
            Info.builder()
                    .name(AgentMetric.BUILD_INFO.fullName())
                    .help(AgentMetric.BUILD_INFO.help())
                    .labelNames(AgentMetric.BUILD_INFO.labels().toArray(String[]::new))
                    .register(served)
                    .setLabelValues(version());
        });
        return registry;
    }

    private static String version() {
        String version = AgentWiring.class.getPackage().getImplementationVersion();
        return version == null ? "development" : version;
    }
}
