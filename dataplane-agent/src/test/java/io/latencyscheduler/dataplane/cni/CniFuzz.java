package io.latencyscheduler.dataplane.cni;

import io.latencyscheduler.dataplane.cni.PodDirectory.Standing;
import io.latencyscheduler.kube.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Any bytes as a request of {@code tsn-cni}: an answer in the protocol, or no request at all. */
public final class CniFuzz {
    private static final int MOST_ATTACHMENTS = 2;

    private CniFuzz() {}

    public static void fuzzerTestOneInput(byte[] input) throws IOException {
        CniRequest request;
        try {
            request = CniRequest.read(input);
        } catch (IOException notJson) {
            return;
        }
        FakeNetwork network = new FakeNetwork();
        Path folder = Files.createTempDirectory("cni-fuzz");
        Path file = folder.resolve("addresses.json");
        CniService service = new CniService(
                network,
                (uid, namespace, name) -> new Standing.Served("u1", "/run/s"),
                () -> "",
                1450,
                MOST_ATTACHMENTS,
                new PodAddresses(file, () -> {}));
        for (int i = 0; i < 2; i++) {
            CniAnswer answer = service.serve(request);
            if (!Json.tree(answer.line()).isObject()) {
                throw new IllegalStateException("no answer");
            }
            if (answer instanceof CniAnswer.Refused refused
                    && (refused.message().isBlank() || refused.details().isBlank())) {
                throw new IllegalStateException("no sentence: " + refused);
            }
        }
        new PodAddresses(file, () -> {}); // what was written can be read
        Files.deleteIfExists(file);
        Files.delete(folder);
        network.attached.values().forEach(made -> {
            String arguments = made.netns() + made.mac() + made.addresses() + made.routes() + made.ifName();
            if (arguments.indexOf('\n') >= 0 || arguments.indexOf(0) >= 0 || arguments.contains(";")) {
                throw new IllegalStateException("would reach a command: " + made);
            }
        });
        if (network.attached.size() > MOST_ATTACHMENTS) {
            throw new IllegalStateException("more than the node takes");
        }
    }
}
