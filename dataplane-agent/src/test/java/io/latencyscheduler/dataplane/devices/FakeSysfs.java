package io.latencyscheduler.dataplane.devices;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * As much of sysfs as the pool uses, with the kernel's reactions: a probe binds by {@code driver_override} first, a
 * number of virtual functions other than 0 is changed through 0 alone, removed functions lose their drivers. A power cut may
 * be set to any of its writes.
 */
final class FakeSysfs implements SysfsFiles, SysfsHost.Command {
    /** Thrown in place of a write; what was written before stays. */
    static final class PowerCut extends Error {
        private static final long serialVersionUID = 1L;
    }

    static final String PHYSICAL = "0000:05:00.0";
    static final String KERNEL_DRIVER = "iavf";
    private static final int TOTAL = 8;

    final Map<String, Device> devices = new TreeMap<>();
    final Set<String> drivers = Set.of("i40e", KERNEL_DRIVER, "vfio-pci");
    final List<String> log = new ArrayList<>();
    boolean knowsTrust = true;
    private int functions;
    private int writesUntilCut = -1;

    static final class Device {
        @Nullable
        String driver;

        String override = "";
        FunctionSettings settings = FunctionSettings.UNOWNED;
        int resets;

        String state() {
            return driver + " " + override + " " + settings;
        }
    }

    FakeSysfs() {
        Device physical = new Device();
        physical.driver = "i40e";
        devices.put(PHYSICAL, physical);
    }

    static String function(int index) {
        return "0000:05:02." + index;
    }

    /** The next so many writes succeed, then the power goes. */
    void cutPowerAfter(int writes) {
        writesUntilCut = writes;
    }

    void powerOn() {
        writesUntilCut = -1;
    }

    /** Counts every write, the store's too. */
    void spend() {
        if (writesUntilCut == 0) {
            throw new PowerCut();
        }
        if (writesUntilCut > 0) {
            writesUntilCut--;
        }
    }

    private static String address(String path) {
        return path.split("/")[3];
    }

    private Device device(String path) throws IOException {
        Device device = devices.get(address(path));
        if (device == null) {
            throw new IOException(path + ": no such file");
        }
        return device;
    }

    @Override
    public boolean exists(String path) {
        if (path.startsWith("bus/pci/drivers/")) {
            return drivers.contains(path.substring("bus/pci/drivers/".length()));
        }
        if (path.endsWith("/sriov_numvfs")) {
            return address(path).equals(PHYSICAL);
        }
        return devices.containsKey(address(path));
    }

    @Override
    public String read(String path) throws IOException {
        if (path.endsWith("/driver_override")) {
            String override = device(path).override;
            return override.isEmpty() ? "(null)" : override;
        }
        if (path.endsWith("/sriov_numvfs")) {
            return String.valueOf(functions);
        }
        if (path.endsWith("/sriov_totalvfs")) {
            return String.valueOf(TOTAL);
        }
        throw new IOException(path + ": no such file");
    }

    @Override
    public void write(String path, String text) throws IOException {
        spend();
        log.add(path + " " + text.strip());
        if (path.equals("bus/pci/drivers_probe")) {
            Device probed = devices.get(text);
            if (probed != null && probed.driver == null) {
                probed.driver = probed.override.isEmpty() ? KERNEL_DRIVER : probed.override;
            }
        } else if (path.endsWith("/driver/unbind")) {
            if (device(path).driver == null) {
                throw new IOException(path + ": no such file");
            }
            device(path).driver = null;
        } else if (path.endsWith("/driver_override")) {
            device(path).override = text.strip();
        } else if (path.endsWith("/reset")) {
            device(path).resets++;
        } else if (path.endsWith("/sriov_numvfs")) {
            setFunctions(Integer.parseInt(text));
        } else {
            throw new IOException(path + ": no such file");
        }
    }

    private void setFunctions(int count) throws IOException {
        if (count != 0 && functions != 0) {
            throw new IOException("sriov_numvfs: device or resource busy");
        }
        for (int index = 0; index < functions; index++) {
            devices.remove(function(index));
        }
        functions = count;
        for (int index = 0; index < count; index++) {
            Device made = new Device();
            made.driver = KERNEL_DRIVER;
            devices.put(function(index), made);
        }
    }

    @Override
    public @Nullable String link(String path) throws IOException {
        String name = path.substring(path.lastIndexOf('/') + 1);
        if (name.equals("driver")) {
            return device(path).driver;
        }
        if (name.equals("physfn")) {
            return address(path).equals(PHYSICAL) ? null : PHYSICAL;
        }
        return name.startsWith("virtfn") ? function(Integer.parseInt(name.substring(6))) : null;
    }

    @Override
    public List<String> list(String path) {
        List<String> names = new ArrayList<>();
        if (path.equals("bus/pci/devices/" + PHYSICAL + "/net")) {
            names.add("ens5f0");
        } else if (path.equals("bus/pci/devices/" + PHYSICAL)) {
            for (int index = 0; index < functions; index++) {
                names.add("virtfn" + index);
            }
        }
        return names;
    }

    /** {@code ip link set ens5f0 vf N mac M vlan V trust T spoofchk S}. */
    @Override
    public void run(List<String> arguments) throws IOException {
        spend();
        log.add("ip " + String.join(" ", arguments));
        Device device = devices.get(function(Integer.parseInt(arguments.get(4))));
        if (device == null) {
            throw new IOException("RTNETLINK answers: invalid argument");
        }
        String value = arguments.get(6);
        FunctionSettings now = device.settings;
        device.settings = switch (arguments.get(5)) {
            case "mac" -> now.withMac(value);
            case "vlan" -> new FunctionSettings(now.mac(), Integer.parseInt(value), now.trust(), now.spoofCheck());
            case "trust" -> {
                if (!knowsTrust) {
                    throw new IOException("'ip link set' failed: RTNETLINK answers: Operation not supported");
                }
                yield new FunctionSettings(now.mac(), now.vlan(), value.equals("on"), now.spoofCheck());
            }
            case "spoofchk" -> new FunctionSettings(now.mac(), now.vlan(), now.trust(), value.equals("on"));
            default -> throw new IOException("Error: either \"vf\" is wrong, or " + arguments.get(5) + " is garbage.");
        };
    }
}
