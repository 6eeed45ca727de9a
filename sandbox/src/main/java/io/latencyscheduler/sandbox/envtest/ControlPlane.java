package io.latencyscheduler.sandbox.envtest;

import io.latencyscheduler.sandbox.Kubeconfig;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A real Kubernetes control plane of this machine's own: etcd and kube-apiserver with RBAC, on free ports and in a
 * temporary folder, gone with {@link #close} or with the JVM. Several can run side by side.
 *
 * <p>Each part can be stopped as {@code kill -9} would and started again on the same data and ports, for tests of what
 * the others do meanwhile. Methods are for one thread at a time.
 */
public final class ControlPlane implements AutoCloseable {
    /** The parts that can be stopped and started, in the order in which they start. */
    public enum Part {
        ETCD("etcd"),
        API_SERVER("kube-apiserver"),
        CONTROLLER_MANAGER("kube-controller-manager"),
        SCHEDULER("kube-scheduler");

        private final String program;

        Part(String program) {
            this.program = program;
        }
    }

    private static final String ADMIN = "admin";
    private static final String SERVICE_RANGE = "10.0.0.0/24";

    private final ControlPlaneOptions options;
    private final Path folder;
    private final Map<Part, GuardedProcess> running = new TreeMap<>();
    private final Thread shutdownHook = new Thread(this::stopAndDelete, "control-plane-shutdown");
    private final String adminToken = UUID.randomUUID().toString();
    private final int etcdPort = freePort();
    private final int etcdPeerPort = freePort();
    private final int apiPort = freePort();
    private @Nullable HttpClient client;

    private ControlPlane(ControlPlaneOptions options, Path folder) {
        this.options = options;
        this.folder = folder;
    }

    /**
     * Starts everything and returns when the API server is ready.
     *
     * @throws IllegalStateException with the program's last words when one dies
     */
    public static ControlPlane start(ControlPlaneOptions options) {
        try {
            ControlPlane started = new ControlPlane(options, Files.createTempDirectory("envtest-"));
            Runtime.getRuntime().addShutdownHook(started.shutdownHook);
            try {
                started.writeFiles();
                started.startAll();
            } catch (IOException | RuntimeException e) {
                started.close();
                throw e;
            }
            return started;
        } catch (IOException e) {
            throw new UncheckedIOException("cannot write the control plane's files", e);
        }
    }

    public URI url() {
        return URI.create("https://127.0.0.1:" + apiPort);
    }

    /** The administrator's bearer token (group {@code system:masters}). */
    public String token() {
        return adminToken;
    }

    /** PEM file with the certificate authority of the API server. */
    public Path certificateAuthority() {
        return folder.resolve("certificates/apiserver.crt");
    }

    /** A client that trusts this server; send {@code Authorization: Bearer} with {@link #token}. */
    public HttpClient httpClient() {
        return Readiness.clientTrusting(certificateAuthority());
    }

    /** The administrator's kubeconfig. */
    public Path kubeconfig() {
        return folder.resolve(ADMIN + ".kubeconfig");
    }

    /** The kubeconfig of one of the users in the options. */
    public Path kubeconfigOf(String user) {
        Path file = folder.resolve(user + ".kubeconfig");
        if (!Files.exists(file)) {
            throw new IllegalArgumentException("no user '" + user + "'; there are "
                    + options.users().stream()
                            .map(ControlPlaneOptions.User::name)
                            .toList());
        }
        return file;
    }

    /** Process id, for signals such as SIGSTOP. */
    public long pid(Part part) {
        GuardedProcess process = running.get(part);
        if (process == null) {
            throw new IllegalStateException(part.program + " is not running");
        }
        return process.pid();
    }

    /** Kills a part at once; its data stay. Nothing happens when it does not run. */
    public void kill(Part part) {
        GuardedProcess process = running.remove(part);
        if (process != null) {
            process.close();
        }
    }

    /** Starts a part that does not run and returns when it is ready. */
    public void start(Part part) {
        if (running.containsKey(part)) {
            throw new IllegalStateException(part.program + " is running");
        }
        GuardedProcess process = GuardedProcess.start(part.program, command(part), log(part));
        running.put(part, process);
        switch (part) {
            case ETCD -> {
                HttpClient plain = HttpClient.newHttpClient();
                URI health = URI.create("http://127.0.0.1:" + etcdPort + "/health");
                Readiness.await(part.program, process, () -> Readiness.answers(plain, health, ""));
            }
            case API_SERVER -> {
                URI ready = url().resolve("/readyz");
                Readiness.await(part.program, process, () -> isReady(ready));
            }
            case CONTROLLER_MANAGER, SCHEDULER -> {}
        }
    }

    /** A port that was free a moment ago. Whoever binds it may still lose a race, and says so when it dies. */
    public static int freePort() {
        try (ServerSocket socket = new ServerSocket(0)) {
            return socket.getLocalPort();
        } catch (IOException e) {
            throw new IllegalStateException("no free port", e);
        }
    }

    private boolean isReady(URI ready) {
        if (client == null) {
            if (!Files.exists(certificateAuthority())) {
                return false;
            }
            client = Readiness.clientTrusting(certificateAuthority());
        }
        return Readiness.answers(client, ready, adminToken);
    }

    private void startAll() {
        start(Part.ETCD);
        start(Part.API_SERVER);
        if (options.controllerManager()) {
            start(Part.CONTROLLER_MANAGER);
        }
        if (options.scheduler()) {
            start(Part.SCHEDULER);
        }
    }

    private Path log(Part part) {
        return folder.resolve(part.program + ".log");
    }

    private void writeFiles() throws IOException {
        KeyPair serviceAccounts = KeyPairs.rsa();
        Files.writeString(
                folder.resolve("service-accounts.key"),
                pem("PRIVATE KEY", serviceAccounts.getPrivate().getEncoded()));
        Files.writeString(
                folder.resolve("service-accounts.pub"),
                pem("PUBLIC KEY", serviceAccounts.getPublic().getEncoded()));
        List<ControlPlaneOptions.User> users = new ArrayList<>(options.users());
        users.add(new ControlPlaneOptions.User(ADMIN, adminToken, List.of("system:masters")));
        StringBuilder tokens = new StringBuilder();
        for (ControlPlaneOptions.User user : users) {
            tokens.append("\"%s\",\"%s\",\"%s\",\"%s\"%n"
                    .formatted(user.token(), user.name(), user.name(), String.join(",", user.groups())));
            Kubeconfig.write(folder.resolve(user.name() + ".kubeconfig"), url(), user.token(), certificateAuthority());
        }
        Files.writeString(folder.resolve("tokens.csv"), tokens);
    }

    private static String pem(String title, byte[] der) {
        String body = Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(der);
        return "-----BEGIN " + title + "-----\n" + body + "\n-----END " + title + "-----\n";
    }

    private List<String> command(Part part) {
        List<String> command = new ArrayList<>();
        command.add(options.assets().resolve(part.program).toString());
        command.addAll(
                switch (part) {
                    case ETCD ->
                        List.of(
                                "--data-dir=" + folder.resolve("etcd"),
                                "--listen-client-urls=http://127.0.0.1:" + etcdPort,
                                "--advertise-client-urls=http://127.0.0.1:" + etcdPort,
                                "--listen-peer-urls=http://127.0.0.1:" + etcdPeerPort,
                                "--initial-advertise-peer-urls=http://127.0.0.1:" + etcdPeerPort,
                                "--initial-cluster=default=http://127.0.0.1:" + etcdPeerPort,
                                "--log-level=warn");
                    case API_SERVER -> apiServerFlags();
                    case CONTROLLER_MANAGER ->
                        List.of(
                                "--kubeconfig=" + kubeconfig(),
                                "--port=0",
                                "--secure-port=0",
                                "--leader-elect=false",
                                "--use-service-account-credentials=false",
                                "--service-account-private-key-file=" + folder.resolve("service-accounts.key"),
                                "--root-ca-file=" + certificateAuthority(),
                                "--kube-api-qps=" + options.clientQps(),
                                "--kube-api-burst=" + 2 * options.clientQps());
                    case SCHEDULER ->
                        List.of(
                                "--kubeconfig=" + kubeconfig(),
                                "--port=0",
                                "--secure-port=0",
                                "--leader-elect=false",
                                "--kube-api-qps=" + options.clientQps(),
                                "--kube-api-burst=" + 2 * options.clientQps());
                });
        return command;
    }

    private List<String> apiServerFlags() {
        List<String> flags = new ArrayList<>(List.of(
                "--etcd-servers=http://127.0.0.1:" + etcdPort,
                "--bind-address=127.0.0.1",
                "--advertise-address=127.0.0.1",
                "--secure-port=" + apiPort,
                "--cert-dir=" + folder.resolve("certificates"),
                "--token-auth-file=" + folder.resolve("tokens.csv"),
                "--authorization-mode=Node,RBAC",
                "--service-cluster-ip-range=" + SERVICE_RANGE,
                "--service-account-issuer=https://kubernetes.default.svc",
                "--service-account-key-file=" + folder.resolve("service-accounts.pub"),
                "--service-account-signing-key-file=" + folder.resolve("service-accounts.key"),
                "--allow-privileged=true"));
        if (!options.controllerManager()) {
            // Nobody creates the default service account, without which this plugin refuses every pod.
            flags.add("--disable-admission-plugins=ServiceAccount");
        }
        flags.addAll(options.apiServerFlags());
        return flags;
    }

    /** Kills everything and removes the temporary folder. */
    @Override
    public void close() {
        stopAndDelete();
        try {
            Runtime.getRuntime().removeShutdownHook(shutdownHook);
        } catch (IllegalStateException e) {
            // The JVM is going down: the hook runs or ran, nothing is left to remove.
        }
    }

    private synchronized void stopAndDelete() {
        for (Part part : List.of(Part.SCHEDULER, Part.CONTROLLER_MANAGER, Part.API_SERVER, Part.ETCD)) {
            kill(part);
        }
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(file);
            }
        } catch (IOException | UncheckedIOException e) {
            if (Files.exists(folder)) {
                System.err.println("control plane: could not remove " + folder + ": " + e.getMessage());
            }
        }
    }

    /** Keys are made by the JDK: no openssl is needed. */
    private static final class KeyPairs {
        static KeyPair rsa() {
            try {
                KeyPairGenerator generator = KeyPairGenerator.getInstance("RSA");
                generator.initialize(2048);
                return generator.generateKeyPair();
            } catch (NoSuchAlgorithmException e) {
                throw new IllegalStateException("this JDK has no RSA", e);
            }
        }
    }
}
