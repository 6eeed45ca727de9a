package io.latencyscheduler.sandbox.chaos;

import io.latencyscheduler.sandbox.Kubeconfig;
import io.latencyscheduler.sandbox.envtest.GuardedProcess;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** One {@code java -jar latency-scheduler.jar}, which can be frozen and killed. For one thread at a time. */
final class SchedulerProcess implements AutoCloseable {
    private static final Duration ANSWER = Duration.ofSeconds(2);

    private static final Pattern HEAP_USED =
            Pattern.compile("(?:generation|Metaspace) +(?:total \\d+K, )?used (\\d+)K");

    private final String name;
    private final List<String> command;
    private final Path log;
    private final URI http;
    private final HttpClient client =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private @Nullable GuardedProcess process;

    /**
     * @param folder for its kubeconfig and its log
     * @param httpPort where it answers
     * @param properties without their prefix
     * @param prefix what stands before the command
     */
    SchedulerProcess(
            String name,
            Path folder,
            Path jar,
            int httpPort,
            URI server,
            String token,
            @Nullable Path certificateAuthority,
            List<String> properties,
            List<String> prefix)
            throws IOException {
        this.name = name;
        this.log = folder.resolve(name + ".log");
        this.http = URI.create("http://127.0.0.1:" + httpPort);
        Path kubeconfig = folder.resolve(name + ".kubeconfig");
        Kubeconfig.write(kubeconfig, server, token, certificateAuthority);
        command = new ArrayList<>(prefix);
        command.addAll(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC",
                "-Xmx192m",
                "-jar",
                jar.toString(),
                "--server.address=127.0.0.1",
                "--server.port=" + httpPort,
                "--latency-scheduler.client.kubeconfig=" + kubeconfig));
        properties.forEach(property -> command.add("--latency-scheduler." + property));
    }

    String name() {
        return name;
    }

    Path log() {
        return log;
    }

    void start() {
        process = GuardedProcess.start("java", command, log);
    }

    /** Whether it says that it leads; false while it does not answer. */
    boolean leads() {
        return readiness().startsWith("200 ok, leading");
    }

    /** Whether it says that it follows the cluster, as leader or not. */
    boolean ready() {
        return readiness().startsWith("200 ");
    }

    private String readiness() {
        try {
            return ask("/readyz");
        } catch (IOException silent) {
            return "";
        }
    }

    /** Status and body. */
    private String ask(String path) throws IOException {
        try {
            HttpResponse<String> response = client.send(
                    HttpRequest.newBuilder(http.resolve(path)).timeout(ANSWER).build(),
                    HttpResponse.BodyHandlers.ofString());
            return response.statusCode() + " " + response.body();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        }
    }

    /** The sum of all series of a metric; 0 when there are none. */
    double metric(String metric) throws IOException {
        return ask("/actuator/prometheus")
                .lines()
                .filter(line -> line.startsWith(metric + "{") || line.startsWith(metric + " "))
                .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
                .sum();
    }

    /** What it holds of the machine once its garbage is collected. */
    Footprint footprint() throws IOException {
        jcmd("GC.run");
        List<String> threads = jcmd("Thread.print")
                .lines()
                .filter(line -> line.startsWith("\""))
                .toList();
        // "def new generation   total 59008K, used 5203K [0x…" and so on for each generation of the heap.
        long heapKib = HEAP_USED
                .matcher(jcmd("GC.heap_info"))
                .results()
                .filter(found -> !found.group().startsWith("Metaspace"))
                .mapToLong(found -> Long.parseLong(found.group(1)))
                .sum();
        return new Footprint(
                (int) threads.stream()
                        .filter(line -> line.startsWith("\"reflector-"))
                        .count(),
                threads.size(),
                heapKib);
    }

    /**
     * What a scheduler holds.
     *
     * @param reflectors threads that follow a resource, each with at most one watch
     * @param threads of all kinds
     */
    record Footprint(int reflectors, int threads, long heapKib) {
        @Override
        public String toString() {
            return "%d watches, %d threads, %.1f MiB of heap".formatted(reflectors, threads, heapKib / 1024.0);
        }
    }

    private String jcmd(String diagnostic) throws IOException {
        Process jcmd = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "jcmd").toString(),
                        Long.toString(running().pid()),
                        diagnostic)
                .redirectErrorStream(true)
                .start();
        try (InputStream out = jcmd.getInputStream()) {
            return new String(out.readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    private GuardedProcess running() {
        GuardedProcess running = process;
        if (running == null) {
            throw new IllegalStateException(name + " is not running");
        }
        return running;
    }

    void freeze() throws IOException {
        signal("STOP");
    }

    void thaw() throws IOException {
        signal("CONT");
    }

    private void signal(String signal) throws IOException {
        try {
            int status = new ProcessBuilder(
                            "kill", "-" + signal, Long.toString(running().pid()))
                    .inheritIO()
                    .start()
                    .waitFor();
            if (status != 0) {
                throw new IOException("kill -" + signal + " failed with status " + status);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        }
    }

    /** As {@code kill -9}; nothing when it does not run. */
    void kill() {
        GuardedProcess running = process;
        process = null;
        if (running != null) {
            running.close();
        }
    }

    @Override
    public void close() {
        kill();
    }
}
