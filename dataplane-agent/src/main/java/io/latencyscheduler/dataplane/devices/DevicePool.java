package io.latencyscheduler.dataplane.devices;

import io.latencyscheduler.dataplane.devices.DeviceRecord.Phase;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Makes the devices of a node's pods ready and puts back those of pods that are gone. Called again and again, after a
 * crash too, it ends at the same state: what is under way is in the store before it begins. Not thread-safe.
 *
 * <p>A device has one record and so one owner; another pod gets it only after it was put back.
 */
public final class DevicePool {
    /**
     * What a pass came to.
     *
     * @param ready addresses of the devices that are their owners' now
     * @param failures what could not be done, one sentence each; it is tried again at the next call
     */
    public record Outcome(Set<String> ready, List<String> failures) {
        public Outcome {
            ready = Set.copyOf(ready);
            failures = List.copyOf(failures);
        }
    }

    private final DeviceHost host;
    private final DeviceStore store;
    private final DeviceSettings settings;

    public DevicePool(DeviceHost host, DeviceStore store, DeviceSettings settings) {
        this.host = host;
        this.store = store;
        this.settings = settings;
    }

    /** Makes the virtual functions that are configured, as far as no pod is in the way; what could not be done. */
    public List<String> createFunctions() {
        List<String> failures = new ArrayList<>();
        new TreeMap<>(settings.virtualFunctions())
                .forEach((address, count) -> attempt(
                        failures,
                        address,
                        () -> host.createFunctions(address, count, store.read().keySet())));
        return failures;
    }

    /**
     * One pass: first puts back, then makes ready.
     *
     * @param wanted UID of the owner by PCI address
     */
    public Outcome reconcile(Map<String, String> wanted) {
        List<String> failures = new ArrayList<>();
        Map<String, DeviceRecord> records = new TreeMap<>();
        try {
            records.putAll(store.read());
        } catch (IOException unreadable) {
            return new Outcome(Set.of(), List.of("devices: " + unreadable.getMessage()));
        }
        for (DeviceRecord record : List.copyOf(records.values())) {
            boolean stays =
                    record.podUid().equals(wanted.get(record.pciAddress())) && record.phase() != Phase.RETURNING;
            if (!stays) {
                attempt(failures, record.pciAddress(), () -> putBack(records, record));
            }
        }
        for (Map.Entry<String, String> owner : new TreeMap<>(wanted).entrySet()) {
            DeviceRecord record = records.get(owner.getKey());
            if (record == null || (record.podUid().equals(owner.getValue()) && record.phase() == Phase.PREPARING)) {
                attempt(failures, owner.getKey(), () -> makeReady(records, owner.getKey(), owner.getValue(), record));
            }
        }
        Set<String> ready = new HashSet<>();
        wanted.forEach((address, podUid) -> {
            DeviceRecord record = records.get(address);
            if (record != null
                    && record.phase() == Phase.GIVEN
                    && record.podUid().equals(podUid)) {
                ready.add(address);
            }
        });
        return new Outcome(ready, failures);
    }

    /** The devices that were given to pods, by PCI address the UID of the owner; none while the store cannot be read. */
    public Map<String, String> given() {
        try {
            Map<String, String> given = new TreeMap<>();
            store.read().forEach((address, record) -> given.put(address, record.podUid()));
            return given;
        } catch (IOException unreadable) {
            return Map.of();
        }
    }

    private void makeReady(
            Map<String, DeviceRecord> records, String address, String podUid, @Nullable DeviceRecord begun)
            throws IOException {
        if (!host.exists(address)) {
            throw new IOException("it is not on this node");
        }
        DeviceRecord record =
                begun == null ? new DeviceRecord(address, podUid, Phase.PREPARING, host.binding(address)) : begun;
        if (begun == null) {
            put(records, record);
        }
        DeviceHost.Function function = host.function(address);
        if (function != null) {
            host.configure(function, settings.function().withMac(FunctionSettings.macOf(podUid, address)));
        }
        if (settings.driver() != null) {
            host.bind(address, new DeviceHost.Binding(settings.driver(), settings.driver()));
        }
        put(records, record.in(Phase.GIVEN));
    }

    /** In reverse order. A device that was pulled out has nothing to put back. */
    private void putBack(Map<String, DeviceRecord> records, DeviceRecord record) throws IOException {
        if (record.phase() != Phase.RETURNING) {
            put(records, record.in(Phase.RETURNING));
        }
        if (host.exists(record.pciAddress())) {
            host.reset(record.pciAddress());
            host.bind(record.pciAddress(), record.former());
            DeviceHost.Function function = host.function(record.pciAddress());
            if (function != null) {
                host.configure(function, FunctionSettings.UNOWNED);
            }
        }
        Map<String, DeviceRecord> without = new TreeMap<>(records);
        without.remove(record.pciAddress());
        store.write(without);
        records.remove(record.pciAddress());
    }

    private void put(Map<String, DeviceRecord> records, DeviceRecord record) throws IOException {
        Map<String, DeviceRecord> with = new TreeMap<>(records);
        with.put(record.pciAddress(), record);
        store.write(with);
        records.put(record.pciAddress(), record);
    }

    private interface Step {
        void run() throws IOException;
    }

    private static void attempt(List<String> failures, String address, Step step) {
        try {
            step.run();
        } catch (IOException failed) {
            failures.add("device " + address + ": " + failed.getMessage());
        }
    }
}
