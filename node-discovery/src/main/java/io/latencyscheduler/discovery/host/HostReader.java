package io.latencyscheduler.discovery.host;

import io.latencyscheduler.discovery.fact.Cpus;
import io.latencyscheduler.discovery.fact.Fact;
import io.latencyscheduler.discovery.fact.HostFacts;
import io.latencyscheduler.discovery.fact.Hugepages;
import io.latencyscheduler.discovery.fact.Kernel;
import io.latencyscheduler.discovery.fact.Machine;
import io.latencyscheduler.discovery.fact.NetworkInterface;
import io.latencyscheduler.discovery.fact.OpenVSwitch;
import io.latencyscheduler.discovery.fact.PciFunction;
import io.latencyscheduler.discovery.fact.PtpClock;
import io.latencyscheduler.discovery.fact.Routes;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** Reads all facts of one host. Never throws for what it finds there: a source that cannot be read says so. */
public final class HostReader {
    private static final String BOOT_ID = "proc/sys/kernel/random/boot_id";

    private final HostFiles files;
    private final PciIds ids = PciIds.shipped();
    private final boolean live;
    private final MachineReader machineReader;

    public HostReader(HostFiles files) {
        this.files = files;
        this.live = isLive(files);
        this.machineReader = new MachineReader(files, live);
    }

    /** Whether the root shows the machine this program runs on, told by the kernel's boot id; recordings hold none. */
    public static boolean isLive(HostFiles files) {
        Optional<String> own = new HostFiles(Path.of("/")).textIfReadable(BOOT_ID);
        return own.isPresent() && own.equals(new HostFiles(files.root()).textIfReadable(BOOT_ID));
    }

    /** One scan. For one thread at a time. */
    public HostFacts read() {
        Skipped skipped = new Skipped();
        SystemReader system = new SystemReader(files);
        Fact<List<PciFunction>> pciFunctions = noted("pci", new PciReader(files, ids, skipped).read(), skipped);
        Fact<List<NetworkInterface>> interfaces = noted("interfaces", interfaces(skipped), skipped);
        Fact<Routes> routes = noted("routes", new RouteReader(files).read(), skipped);
        Fact<OpenVSwitch> openVSwitch = noted("openvswitch", new OpenVSwitchReader(files).read(), skipped);
        Fact<List<PtpClock>> ptpClocks = noted("ptp", system.ptpClocks(), skipped);
        Fact<List<Hugepages>> hugepages = noted("hugepages", system.hugepages(), skipped);
        Fact<Cpus> cpus = noted("cpus", system.cpus(), skipped);
        Fact<Kernel> kernel = noted("kernel", system.kernel(), skipped);
        Fact<String> cpuManagerPolicy = noted("kubelet", system.cpuManagerPolicy(), skipped);
        Fact<Boolean> iommu = noted("iommu", system.iommu(), skipped);
        Fact<Machine> machine = noted("machine", machineReader.read(), skipped);
        return new HostFacts(
                pciFunctions,
                interfaces,
                routes,
                openVSwitch,
                ptpClocks,
                hugepages,
                cpus,
                kernel,
                cpuManagerPolicy,
                iommu,
                machine,
                skipped.devices(),
                skipped.problems());
    }

    private Fact<List<NetworkInterface>> interfaces(Skipped skipped) {
        try (Ethtool ethtool = Ethtool.open(files, live)) {
            return new InterfaceReader(files, ethtool, skipped).read();
        } catch (IOException e) {
            return Fact.unread(ReadFailures.inWords(e));
        }
    }

    private static <T> Fact<T> noted(String source, Fact<T> fact, Skipped skipped) {
        if (fact.unreadBecause() != null) {
            skipped.source(source, "not read", fact.unreadBecause());
        }
        return fact;
    }
}
