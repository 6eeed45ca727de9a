package io.latencyscheduler.scheduler;

import io.latencyscheduler.scheduler.cli.Commands;
import io.latencyscheduler.scheduler.config.ConfigFaults;
import io.latencyscheduler.scheduler.config.Property;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;

/** The scheduler as a process. */
@SpringBootApplication
public class SchedulerApplication {
    private static final int MISUSE = 2;

    public static void main(String[] arguments) {
        if (Commands.handle(Arrays.asList(arguments))) {
            System.exit(Commands.run(
                    Arrays.asList(arguments),
                    new PrintWriter(System.out, true, StandardCharsets.UTF_8),
                    new PrintWriter(System.err, true, StandardCharsets.UTF_8)));
        }
        if (Arrays.asList(arguments).contains("--help")) {
            System.out.print(help());
            return;
        }
        try {
            SpringApplication.run(SchedulerApplication.class, arguments);
        } catch (RuntimeException failure) {
            // Spring has told the reason; a configuration that cannot be used has an exit status of its own.
            System.exit(causedBy(failure, ConfigFaults.class) ? MISUSE : 1);
        }
    }

    private static boolean causedBy(Throwable failure, Class<? extends Throwable> type) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (type.isInstance(cause)) {
                return true;
            }
        }
        return false;
    }

    private static String help() {
        StringBuilder help = new StringBuilder("""
                usage: java -jar latency-scheduler.jar [--PROPERTY=VALUE ...]
                       java -jar latency-scheduler.jar help      explain, whatif, nodes, gates, status, snapshot, simulate, timetable, trial

                Places the pods whose spec.schedulerName names it. The API server is the one of KUBECONFIG, of the pod's
                service account, or of ~/.kube/config. Properties are arguments, environment variables
                (LATENCYSCHEDULER_CLIENT_QPS) or lines of an application.properties in the working folder:

                """);
        for (Property property : Property.values()) {
            help.append("  %s=%s%n      %s%n".formatted(property.fullName(), property.defaultValue(), property.help()));
        }
        return help.append("  server.port=8080%n      HTTP port: health, metrics, decisions.%n".formatted())
                .toString();
    }
}
