package io.latencyscheduler.dataplane.devices;

import java.io.IOException;
import java.util.Map;

/** Remembers over a crash which devices are not as they were found. */
public interface DeviceStore {
    /** What was written last, by PCI address. */
    Map<String, DeviceRecord> read() throws IOException;

    /** Replaces all; on return it survives a crash of the machine, and a failure leaves what was there. */
    void write(Map<String, DeviceRecord> records) throws IOException;
}
