package io.latencyscheduler.discovery.host;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.latencyscheduler.discovery.fact.Cpus;
import io.latencyscheduler.discovery.fact.Fact;
import io.latencyscheduler.discovery.fact.Hugepages;
import io.latencyscheduler.discovery.fact.Kernel;
import io.latencyscheduler.discovery.fact.PtpClock;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Hugepages, processors, kernel, kubelet, IOMMU and PTP clocks. Each method reads one source and never throws. */
final class SystemReader {
    private static final String NODES = "sys/devices/system/node";
    private static final Pattern NODE = Pattern.compile("node([0-9]{1,4})");
    private static final Pattern POOL = Pattern.compile("hugepages-([0-9]{1,10})kB");
    private static final ObjectMapper JSON = new ObjectMapper();

    private final HostFiles files;

    SystemReader(HostFiles files) {
        this.files = files;
    }

    /** Documentation/admin-guide/mm/hugetlbpage.rst: per node, or for the machine on a kernel without NUMA. */
    Fact<List<Hugepages>> hugepages() {
        try {
            List<Hugepages> pools = new ArrayList<>();
            for (int node : numaNodes()) {
                readPools(NODES + "/node" + node + "/hugepages", node, pools);
            }
            if (pools.isEmpty()) {
                if (!files.exists("sys/kernel/mm")) {
                    return Fact.unread("no such file: sys/kernel/mm");
                }
                readPools("sys/kernel/mm/hugepages", -1, pools);
            }
            pools.sort(Comparator.comparingInt(Hugepages::numaNode).thenComparingLong(Hugepages::pageSizeBytes));
            return Fact.known(pools);
        } catch (IOException e) {
            return Fact.unread(ReadFailures.inWords(e));
        }
    }

    private void readPools(String folder, int numaNode, List<Hugepages> pools) throws IOException {
        for (String name : files.namesIfPresent(folder)) {
            Matcher matcher = POOL.matcher(name);
            if (!matcher.matches()) {
                continue;
            }
            try {
                long total = Long.parseLong(files.text(folder + "/" + name + "/nr_hugepages"));
                long free = Long.parseLong(files.text(folder + "/" + name + "/free_hugepages"));
                pools.add(new Hugepages(numaNode, Long.parseLong(matcher.group(1)) * 1024, total, free));
            } catch (NumberFormatException e) {
                // A pool left out would look like a pool that is gone.
                throw new IOException(folder + "/" + name + " does not hold numbers", e);
            }
        }
    }

    Fact<Cpus> cpus() {
        try {
            if (!files.exists("sys/devices/system/cpu")) {
                return Fact.unread("no such file: sys/devices/system/cpu");
            }
            return Fact.known(new Cpus(
                    cpuList("sys/devices/system/cpu/isolated"),
                    cpuList("sys/devices/system/cpu/nohz_full"),
                    Math.max(1, numaNodes().size())));
        } catch (IOException e) {
            return Fact.unread(ReadFailures.inWords(e));
        }
    }

    /** A kernel without the feature has no file, or writes {@code (null)}. */
    private String cpuList(String path) throws IOException {
        String text = files.textIfPresent(path).orElse("");
        return text.equals("(null)") ? "" : text;
    }

    private List<Integer> numaNodes() throws IOException {
        List<Integer> nodes = new ArrayList<>();
        for (String name : files.namesIfPresent(NODES)) {
            Matcher matcher = NODE.matcher(name);
            if (matcher.matches()) {
                nodes.add(Integer.valueOf(matcher.group(1)));
            }
        }
        nodes.sort(Comparator.naturalOrder());
        return nodes;
    }

    /** {@code /sys/kernel/realtime} exists on PREEMPT_RT kernels; their version text says so too. */
    Fact<Kernel> kernel() {
        try {
            String release = files.text("proc/sys/kernel/osrelease");
            boolean realTime =
                    files.textIfPresent("sys/kernel/realtime").orElse("0").equals("1")
                            || files.textIfPresent("proc/version").orElse("").contains("PREEMPT_RT");
            return Fact.known(new Kernel(release, realTime));
        } catch (IOException e) {
            return Fact.unread(ReadFailures.inWords(e));
        }
    }

    /** From the kubelet's checkpoint file, which it writes for every policy. */
    Fact<String> cpuManagerPolicy() {
        String path = "var/lib/kubelet/cpu_manager_state";
        try {
            Optional<String> text = files.textIfPresent(path);
            if (text.isEmpty()) {
                return files.exists("var/lib/kubelet")
                        ? Fact.known("none")
                        : Fact.unread("no such file: var/lib/kubelet");
            }
            String policy = JSON.readTree(text.get()).path("policyName").asText("");
            return policy.isEmpty() ? Fact.unread(path + " names no policy") : Fact.known(policy);
        } catch (JsonProcessingException e) {
            return Fact.unread(path + " is not JSON");
        } catch (IOException e) {
            return Fact.unread(ReadFailures.inWords(e));
        }
    }

    Fact<Boolean> iommu() {
        try {
            if (!files.exists("sys/kernel")) {
                return Fact.unread("no such file: sys/kernel");
            }
            return Fact.known(!files.namesIfPresent("sys/kernel/iommu_groups").isEmpty()
                    || !files.namesIfPresent("sys/class/iommu").isEmpty());
        } catch (IOException e) {
            return Fact.unread(ReadFailures.inWords(e));
        }
    }

    /** Documentation/ABI/testing/sysfs-ptp. */
    Fact<List<PtpClock>> ptpClocks() {
        String folder = "sys/class/ptp";
        try {
            if (!files.exists("sys/class")) {
                return Fact.unread("no such file: sys/class");
            }
            List<PtpClock> clocks = new ArrayList<>();
            for (String name : files.namesIfPresent(folder)) {
                if (!name.matches("ptp[0-9]+")) {
                    continue;
                }
                String device = files.exists(folder + "/" + name + "/device")
                        ? files.realPath(folder + "/" + name + "/device")
                        : null;
                String deviceName = device == null ? null : device.substring(device.lastIndexOf('/') + 1);
                String clockName = files.textIfReadable(folder + "/" + name + "/clock_name")
                        .orElse("");
                clocks.add(new PtpClock(name, clockName, deviceName));
            }
            return Fact.known(clocks);
        } catch (IOException e) {
            return Fact.unread(ReadFailures.inWords(e));
        }
    }
}
