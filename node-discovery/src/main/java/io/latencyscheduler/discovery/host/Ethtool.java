package io.latencyscheduler.discovery.host;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.jna.LastErrorException;
import java.io.IOException;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What drivers themselves say of their interfaces: over ethtool netlink on the live host, from the recorded answers in a
 * tree. Kernels since 5.6 answer; others, and hosts that forbid native code, leave it to the tables of devices.
 */
final class Ethtool implements AutoCloseable {
    /** The recorded answers in a tree. */
    static final String RECORDED = "recorded/ethtool.json";

    private static final ObjectMapper JSON = new ObjectMapper();

    /**
     * An interface's answers.
     *
     * @param hardwareTimestamping whether it stamps sent and received frames in hardware; null when it did not say
     * @param framePreemption true when it has a MAC merge layer, 802.3 clause 99; null when it did not say
     */
    record Answers(
            @Nullable Boolean hardwareTimestamping,
            @Nullable Boolean framePreemption) {
        static final Answers NONE = new Answers(null, null);
    }

    private final Map<String, Answers> recorded;
    private @Nullable EthtoolNetlink netlink;

    private Ethtool(Map<String, Answers> recorded, @Nullable EthtoolNetlink netlink) {
        this.recorded = recorded;
        this.netlink = netlink;
    }

    /** @throws IOException when there is a recording that cannot be read */
    static Ethtool open(HostFiles files, boolean live) throws IOException {
        Optional<String> text = files.textIfPresent(RECORDED);
        if (text.isPresent()) {
            return new Ethtool(JSON.readValue(text.get(), new TypeReference<Map<String, Answers>>() {}), null);
        }
        if (!live) {
            return new Ethtool(Map.of(), null);
        }
        try {
            return new Ethtool(Map.of(), EthtoolNetlink.open());
        } catch (LinkageError | RuntimeException | IOException e) {
            return new Ethtool(Map.of(), null);
        }
    }

    /** The text of {@link #RECORDED}. */
    static String recorded(Map<String, Answers> answers) {
        return JSON.valueToTree(new TreeMap<>(answers)).toPrettyString();
    }

    /** What this interface says; nothing when it cannot be asked. */
    Answers ask(String netdev) {
        if (netlink == null) {
            return recorded.getOrDefault(netdev, Answers.NONE);
        }
        try {
            return new Answers(netlink.hardwareTimestamping(netdev), netlink.framePreemption(netdev));
        } catch (LastErrorException | IOException e) {
            // The interface has gone, or the kernel does not answer: nobody waits a second for each further one.
            if (e instanceof LastErrorException) {
                close();
            }
            return Answers.NONE;
        }
    }

    @Override
    public void close() {
        if (netlink != null) {
            netlink.close();
            netlink = null;
        }
    }
}
