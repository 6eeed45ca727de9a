package io.latencyscheduler.dataplane.devices;

import java.io.IOException;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * PCI functions through sysfs (Documentation/ABI/testing/sysfs-bus-pci of Linux), and what a physical function holds its
 * virtual ones to through {@code ip link set … vf} (ip-link(8)).
 */
public final class SysfsHost implements DeviceHost {
    private static final String DEVICES = "bus/pci/devices/";
    private static final String NO_OVERRIDE = "(null)";
    /** iproute2's words for EOPNOTSUPP. */
    private static final String NOT_SUPPORTED = "Operation not supported";

    private final SysfsFiles sysfs;
    private final Command ip;

    /** Runs {@code ip} with these arguments. */
    public interface Command {
        /** Throws one sentence when it fails. */
        void run(List<String> arguments) throws IOException;
    }

    public SysfsHost(SysfsFiles sysfs, Command ip) {
        this.sysfs = sysfs;
        this.ip = ip;
    }

    @Override
    public boolean exists(String pciAddress) {
        return sysfs.exists(DEVICES + pciAddress);
    }

    @Override
    public Binding binding(String pciAddress) throws IOException {
        String override = sysfs.read(DEVICES + pciAddress + "/driver_override");
        return new Binding(sysfs.link(DEVICES + pciAddress + "/driver"), override.equals(NO_OVERRIDE) ? "" : override);
    }

    /** The override is set to the driver for the time of the probe: without it every driver that knows the device may answer. */
    @Override
    public void bind(String pciAddress, Binding wanted) throws IOException {
        String device = DEVICES + pciAddress;
        Binding now = binding(pciAddress);
        String driver = wanted.driver();
        if (now.driver() != null && !now.driver().equals(driver)) {
            sysfs.write(device + "/driver/unbind", pciAddress);
            now = binding(pciAddress);
        }
        if (driver != null && now.driver() == null) {
            if (!sysfs.exists("bus/pci/drivers/" + driver)) {
                throw new IOException("driver " + driver + " is not loaded; run: modprobe " + driver);
            }
            sysfs.write(device + "/driver_override", driver);
            sysfs.write("bus/pci/drivers_probe", pciAddress);
            String bound = sysfs.link(device + "/driver");
            if (!driver.equals(bound)) {
                throw new IOException(
                        "driver " + driver + " did not take it" + (bound == null ? "" : ", but " + bound));
            }
        }
        if (!binding(pciAddress).override().equals(wanted.override())) {
            sysfs.write(device + "/driver_override", wanted.override() + "\n");
        }
    }

    @Override
    public void reset(String pciAddress) throws IOException {
        String reset = DEVICES + pciAddress + "/reset";
        if (sysfs.exists(reset)) {
            sysfs.write(reset, "1");
        }
    }

    @Override
    public @Nullable Function function(String pciAddress) throws IOException {
        String physical = sysfs.link(DEVICES + pciAddress + "/physfn");
        if (physical == null) {
            return null;
        }
        List<String> netdevs = sysfs.list(DEVICES + physical + "/net");
        for (String entry : sysfs.list(DEVICES + physical)) {
            if (entry.startsWith("virtfn")
                    && pciAddress.equals(sysfs.link(DEVICES + physical + "/" + entry))
                    && !netdevs.isEmpty()) {
                return new Function(netdevs.get(0), Integer.parseInt(entry.substring("virtfn".length())));
            }
        }
        return null;
    }

    /** One request each: drivers know some of these settings only, and one that nobody asked for is not missed. */
    @Override
    public void configure(Function function, FunctionSettings settings) throws IOException {
        set(function, "mac", settings.mac(), FunctionSettings.UNOWNED.mac());
        set(function, "vlan", String.valueOf(settings.vlan()), String.valueOf(FunctionSettings.UNOWNED.vlan()));
        set(function, "trust", onOff(settings.trust()), onOff(FunctionSettings.UNOWNED.trust()));
        set(function, "spoofchk", onOff(settings.spoofCheck()), onOff(FunctionSettings.UNOWNED.spoofCheck()));
    }

    private void set(Function function, String setting, String value, String unowned) throws IOException {
        try {
            ip.run(List.of(
                    "link", "set", function.physicalNetdev(), "vf", String.valueOf(function.index()), setting, value));
        } catch (IOException refused) {
            if (!value.equals(unowned) || !String.valueOf(refused.getMessage()).contains(NOT_SUPPORTED)) {
                throw refused;
            }
        }
    }

    private static String onOff(boolean on) {
        return on ? "on" : "off";
    }

    @Override
    public void createFunctions(String physicalFunction, int count, Set<String> inUse) throws IOException {
        String device = DEVICES + physicalFunction;
        if (!sysfs.exists(device + "/sriov_numvfs")) {
            throw new IOException("it has no SR-IOV, or is not on this node");
        }
        int total = Integer.parseInt(sysfs.read(device + "/sriov_totalvfs"));
        int now = Integer.parseInt(sysfs.read(device + "/sriov_numvfs"));
        if (count > total) {
            throw new IOException(count + " virtual functions are wanted, it can have " + total);
        }
        if (count == now) {
            return;
        }
        for (String entry : sysfs.list(device)) {
            if (entry.startsWith("virtfn") && inUse.contains(sysfs.link(device + "/" + entry))) {
                throw new IOException("it has " + now + " virtual functions and not " + count + ", and pods own some");
            }
        }
        if (now != 0) {
            sysfs.write(device + "/sriov_numvfs", "0");
        }
        if (count != 0) {
            sysfs.write(device + "/sriov_numvfs", String.valueOf(count));
        }
    }
}
