package io.latencyscheduler.dataplane.kubelet;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.latencyscheduler.dataplane.devices.SysfsFiles;
import io.latencyscheduler.kube.Json;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Files of the Container Device Interface (CNCF, version 0.5.0), one for each slot that a pod has: the container runtime
 * reads them when it makes a container, and does not make one whose file is not there.
 */
final class CdiFiles {
    /** Where DPDK programs look for their devices, as those of other SR-IOV device plugins do. */
    static final String VARIABLE = "PCIDEVICE_LATENCY_SCHEDULER_IO_DPDK";

    private static final String DEVICES = "bus/pci/devices/";
    private static final String VFIO = "/dev/vfio/";

    private final Path folder;
    private final SysfsFiles sysfs;

    CdiFiles(Path folder, SysfsFiles sysfs) {
        this.folder = folder;
        this.sysfs = sysfs;
    }

    /** The name by which a container asks for a slot. */
    static String device(String slot) {
        return PodResources.RESOURCE + "=" + slot;
    }

    /** Lets the containers with these slots have the devices of these ports. */
    void write(Map<String, String> portsBySlot) throws IOException {
        Files.createDirectories(folder);
        for (Map.Entry<String, String> entry : portsBySlot.entrySet()) {
            ObjectNode spec = Json.object().put("cdiVersion", "0.5.0").put("kind", PodResources.RESOURCE);
            ObjectNode edits = spec.putArray("devices")
                    .addObject()
                    .put("name", entry.getKey())
                    .putObject("containerEdits");
            edits.putArray("env").add(VARIABLE + "=" + String.join(",", portsBySlot.values()));
            ArrayNode nodes = edits.putArray("deviceNodes");
            deviceNodes(entry.getValue()).forEach(path -> nodes.addObject().put("path", path));
            Path beside = folder.resolve("." + file(entry.getKey()).getFileName() + ".new");
            Files.write(beside, Json.text(spec).getBytes(StandardCharsets.UTF_8));
            Files.move(
                    beside, file(entry.getKey()), StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        }
    }

    /** Takes a slot back from whoever had it. */
    void remove(String slot) throws IOException {
        Files.deleteIfExists(file(slot));
    }

    private Path file(String slot) {
        return folder.resolve("latency-scheduler.io-dpdk-" + slot + ".json");
    }

    /** Of a device bound to vfio: its group, and the door to all of them. Others need none, or are no PCI devices. */
    private List<String> deviceNodes(String port) throws IOException {
        List<String> nodes = new ArrayList<>();
        String group = sysfs.link(DEVICES + port + "/iommu_group");
        if (group != null && "vfio-pci".equals(sysfs.link(DEVICES + port + "/driver"))) {
            nodes.add(VFIO + "vfio");
            nodes.add(VFIO + group);
        }
        return nodes;
    }
}
