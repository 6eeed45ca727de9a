package io.latencyscheduler.dataplane.setup.judge;

import io.latencyscheduler.dataplane.setup.judge.HostFacts.Device;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/** Compares a host with what is wanted of it. */
public final class Judge {
    private static final String HUGEPAGES = "/sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages";
    private static final String NO_IOMMU = "/sys/module/vfio/parameters/enable_unsafe_noiommu_mode";
    private static final String PCI = "/sys/bus/pci/";
    private static final String VFIO = "vfio-pci";
    private static final long HUGEPAGE_BYTES = 2L << 20;
    private static final long LEAST_LOCKABLE_BYTES = 64L << 20;

    private Judge() {}

    /** Everything that is wanted, in the order in which it has to be done. */
    public static List<Finding> judge(HostFacts host, Wishes wishes) {
        List<Finding> findings = new ArrayList<>();
        findings.add(hugepages(host, wishes));
        findings.add(memlock(host));
        if (!wishes.isolatedCpus().isEmpty()) {
            findings.add(cpus(host, wishes));
        }
        if (!wishes.bind().isEmpty()) {
            findings.add(iommu(host, wishes));
            findings.add(vfio(host));
            for (String address : wishes.bind()) {
                findings.add(device(host, address));
            }
        }
        if (wishes.openVSwitch()) {
            findings.add(openVSwitch(host));
        }
        return findings;
    }

    private static Finding hugepages(HostFacts host, Wishes wishes) {
        String state = host.hugepages() + " hugepages of 2 MB, " + host.freeHugepages() + " free";
        if (host.hugepages() >= wishes.hugepages()) {
            return Finding.good("hugepages", state);
        }
        return Finding.toDo(
                "hugepages",
                state + ", " + wishes.hugepages() + " wanted: echo " + wishes.hugepages() + " > " + HUGEPAGES
                        + "; to keep them over a reboot: hugepages=" + wishes.hugepages()
                        + " on the kernel command line",
                List.of(new Act.Write(HUGEPAGES, Long.toString(wishes.hugepages()))),
                List.of(new Act.Write(HUGEPAGES, Long.toString(host.hugepages()))));
    }

    private static Finding memlock(HostFacts host) {
        if (host.lockableBytes() >= LEAST_LOCKABLE_BYTES) {
            return Finding.good(
                    "memlock",
                    host.lockableBytes() == Long.MAX_VALUE
                            ? "memory can be locked without limit"
                            : "memory can be locked up to " + host.lockableBytes() / HUGEPAGE_BYTES * 2 + " MB");
        }
        return Finding.byHand(
                "memlock",
                "only " + host.lockableBytes() / 1024
                        + " KB can be locked, 64 MB are needed: LimitMEMLOCK=infinity in the"
                        + " container runtime's systemd unit, and the capability IPC_LOCK for pods");
    }

    private static Finding cpus(HostFacts host, Wishes wishes) {
        List<Integer> missing = wishes.isolatedCpus().stream()
                .filter(cpu -> !host.isolatedCpus().contains(cpu))
                .toList();
        if (missing.isEmpty()) {
            return Finding.good("isolated CPUs", "the kernel leaves CPUs " + listed(wishes.isolatedCpus()) + " alone");
        }
        String all = listed(wishes.isolatedCpus());
        return Finding.byHand(
                "isolated CPUs",
                "CPUs " + listed(missing) + " are not isolated: isolcpus=" + all + " nohz_full=" + all + " rcu_nocbs="
                        + all + " on the kernel command line, and a reboot; give them to no pod by kubelet's"
                        + " reservedSystemCPUs");
    }

    private static Finding iommu(HostFacts host, Wishes wishes) {
        if (host.iommu()) {
            return Finding.good("IOMMU", "devices reach only the memory that is theirs");
        }
        if (!wishes.withoutIommu()) {
            return Finding.byHand(
                    "IOMMU",
                    "no IOMMU runs: intel_iommu=on or amd_iommu=on with iommu=pt on the kernel command line and VT-d or"
                            + " AMD-Vi in the firmware; or --without-iommu, and no memory is protected from devices");
        }
        if (host.unsafeNoIommu().orElse(false)) {
            return Finding.good("IOMMU", "none; vfio works without it, as asked: no memory is protected from devices");
        }
        return Finding.toDo(
                "IOMMU",
                "none; vfio is to work without it, as asked: echo 1 > " + NO_IOMMU,
                List.of(new Act.Run(List.of("modprobe", VFIO)), new Act.Write(NO_IOMMU, "1")),
                List.of(new Act.Write(NO_IOMMU, "0")));
    }

    private static Finding vfio(HostFacts host) {
        if (host.vfioPci()) {
            return Finding.good(VFIO, "the driver is loaded");
        }
        return Finding.toDo(
                VFIO,
                "the driver is not loaded: modprobe " + VFIO,
                List.of(new Act.Run(List.of("modprobe", VFIO))),
                List.of(new Act.Run(List.of("modprobe", "-r", VFIO))));
    }

    private static Finding device(HostFacts host, String address) {
        Device device = host.devices().get(address);
        if (device == null) {
            return Finding.refused(
                    address,
                    "no network device; there are: "
                            + host.devices().keySet().stream().sorted().collect(Collectors.joining(", ")));
        }
        if (device.driver().equals(VFIO)) {
            return Finding.good(address, "bound to " + VFIO);
        }
        if (!device.inUse().isEmpty()) {
            return Finding.refused(
                    address, device.netdev() + " stays with the kernel: " + device.inUse() + "; name another device");
        }
        String override = PCI + "devices/" + address + "/driver_override";
        List<Act> acts = new ArrayList<>();
        acts.add(new Act.Write(override, VFIO));
        if (!device.driver().isEmpty()) {
            acts.add(new Act.Write(PCI + "drivers/" + device.driver() + "/unbind", address));
        }
        acts.add(new Act.Write(PCI + "drivers_probe", address));
        List<Act> undo = new ArrayList<>();
        undo.add(new Act.Write(override, "\n"));
        undo.add(new Act.Write(PCI + "drivers/" + VFIO + "/unbind", address));
        if (!device.driver().isEmpty()) {
            undo.add(new Act.Write(PCI + "drivers_probe", address));
        }
        return Finding.toDo(
                address,
                "bound to " + (device.driver().isEmpty() ? "no driver" : device.driver()) + ": dpdk-devbind.py --bind="
                        + VFIO + " " + address,
                acts,
                undo);
    }

    private static Finding openVSwitch(HostFacts host) {
        return switch (host.openVSwitch()) {
            case DPDK -> Finding.good("Open vSwitch", "runs with DPDK");
            case PLAIN ->
                Finding.toDo(
                        "Open vSwitch",
                        "runs without DPDK: ovs-vsctl set Open_vSwitch . other_config:dpdk-init=true, with the daemon of"
                                + " Debian's package openvswitch-switch-dpdk",
                        List.of(new Act.Run(List.of(
                                "ovs-vsctl", "--no-wait", "set", "Open_vSwitch", ".", "other_config:dpdk-init=true"))),
                        List.of(new Act.Run(List.of(
                                "ovs-vsctl",
                                "--no-wait",
                                "remove",
                                "Open_vSwitch",
                                ".",
                                "other_config",
                                "dpdk-init"))));
            case ABSENT ->
                Finding.byHand(
                        "Open vSwitch",
                        "its database does not answer: apt-get install openvswitch-switch-dpdk, or run it as a DaemonSet");
        };
    }

    private static String listed(List<Integer> cpus) {
        return cpus.stream().map(String::valueOf).collect(Collectors.joining(","));
    }
}
