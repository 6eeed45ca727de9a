package io.latencyscheduler.discovery.host;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.latencyscheduler.discovery.fact.Fact;
import io.latencyscheduler.discovery.fact.Machine;
import java.io.IOException;
import java.util.Optional;
import oshi.SystemInfo;
import oshi.hardware.CentralProcessor;
import oshi.hardware.HardwareAbstractionLayer;

/** Processors and memory: from OSHI on the live host, from the recorded summary in a tree. */
final class MachineReader {
    /** The recorded summary in a tree. */
    static final String RECORDED = "recorded/machine.json";

    private static final ObjectMapper JSON = new ObjectMapper();

    private final HostFiles files;
    private final boolean live;

    MachineReader(HostFiles files, boolean live) {
        this.files = files;
        this.live = live;
    }

    Fact<Machine> read() {
        try {
            Optional<String> recorded = files.textIfPresent(RECORDED);
            if (recorded.isPresent()) {
                return Fact.known(JSON.readValue(recorded.get(), Machine.class));
            }
        } catch (JsonProcessingException e) {
            return Fact.unread(RECORDED + " is not of the recorded form");
        } catch (IOException e) {
            return Fact.unread(ReadFailures.inWords(e));
        }
        return live ? ask() : Fact.unread("the tree holds no " + RECORDED);
    }

    /** The text of {@link #RECORDED}. */
    static String recorded(Machine machine) {
        return JSON.valueToTree(machine).toPrettyString();
    }

    private static Fact<Machine> ask() {
        try {
            HardwareAbstractionLayer hardware = new SystemInfo().getHardware();
            CentralProcessor processor = hardware.getProcessor();
            return Fact.known(new Machine(
                    processor.getPhysicalPackageCount(),
                    processor.getPhysicalProcessorCount(),
                    processor.getLogicalProcessorCount(),
                    hardware.getMemory().getTotal()));
        } catch (RuntimeException | LinkageError e) {
            // OSHI loads native code, which a hardened container may forbid; a summary is not worth the scan.
            return Fact.unread("OSHI: " + e);
        }
    }
}
