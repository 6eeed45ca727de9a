package io.latencyscheduler.dataplane;

import io.latencyscheduler.contract.Fault;
import io.latencyscheduler.dataplane.config.AgentProperties;
import io.latencyscheduler.dataplane.config.ConfigurationFaults;
import io.latencyscheduler.dataplane.engine.EngineException;
import io.latencyscheduler.dataplane.overlay.Commands;
import io.latencyscheduler.dataplane.setup.SetupCommands;
import java.io.PrintWriter;
import java.util.Arrays;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.boot.context.properties.EnableConfigurationProperties;

/** Starts the dataplane-agent. */
@SpringBootApplication(proxyBeanMethods = false)
@EnableConfigurationProperties(AgentProperties.class)
public class AgentApplication {
    private static final String HELP = """
            dataplane-agent: keeps on one node what the scheduler promised.

            usage: java -jar dataplane-agent.jar [--PROPERTY=VALUE …]
                   java -jar dataplane-agent.jar check|prepare [--help]    what this node lacks; doing and undoing it
                   java -jar dataplane-agent.jar install-cni [--help]      puts tsn-cni where the container runtime looks

              NODE_NAME                       name of this node's Node object (environment)
              KUBECONFIG                      kubeconfig file; without it the pod's service account is used
              --dataplane.backend=            auto, dpdk or af-packet
              --dataplane.run-directory=      folder of the pods' sockets (/run/latency-scheduler)
              --dataplane.guard=              guard of each window (1us)
              --dataplane.cpus=               CPUs of the poll threads, such as 2,3
              --dataplane.idle=               adaptive or spin
              --dataplane.paths.rate=         probes per second on each of the node's paths; 0: none (100)
              --dataplane.ports.NAME.…        the same for one port, and its reserved windows
              --dataplane.overlay.mode=       none, auto, ovs or kernel: the network between pods
              --server.port=                  health, metrics and state pages (9465)

            Exit codes: 0 stopped, 1 failed, 2 wrong configuration.
            """;

    public static void main(String[] arguments) {
        if (SetupCommands.asked(arguments)) {
            System.exit(SetupCommands.run(
                    Commands.system(),
                    new PrintWriter(System.out, true),
                    new PrintWriter(System.err, true),
                    arguments));
        }
        if (Arrays.asList(arguments).contains("--help")
                || Arrays.asList(arguments).contains("-h")) {
            System.out.print(HELP);
            return;
        }
        try {
            SpringApplication.run(AgentApplication.class, arguments);
        } catch (RuntimeException failed) {
            System.exit(explained(failed));
        }
    }

    /** Says in one sentence each what keeps the agent from starting; the exit code. What nobody foresaw is thrown on. */
    private static int explained(RuntimeException failed) {
        for (Throwable cause = failed; cause != null; cause = cause.getCause()) {
            if (cause instanceof ConfigurationFaults faults) {
                for (Fault fault : faults.faults()) {
                    System.err.println("dataplane-agent: " + fault.sentence());
                }
                return 2;
            }
            if (cause instanceof EngineException broken) {
                System.err.println("dataplane-agent: " + broken.getMessage());
                return 1;
            }
        }
        throw failed;
    }
}
