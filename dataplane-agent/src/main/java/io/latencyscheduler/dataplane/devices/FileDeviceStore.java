package io.latencyscheduler.dataplane.devices;

import io.latencyscheduler.kube.Json;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** A small JSON file, replaced whole: written beside, synchronised, renamed over. One process, one thread. */
public final class FileDeviceStore implements DeviceStore {
    private final Path file;

    private record Content(List<DeviceRecord> devices) {}

    /** In this file, which need not exist yet. */
    public FileDeviceStore(Path file) {
        this.file = file.toAbsolutePath();
    }

    /** A file that cannot be read is an error, not an empty one: the devices in it would be given away. */
    @Override
    public Map<String, DeviceRecord> read() throws IOException {
        Map<String, DeviceRecord> records = new TreeMap<>();
        if (!Files.exists(file)) {
            return records;
        }
        try {
            for (DeviceRecord device :
                    Json.read(Files.readAllBytes(file), Content.class).devices()) {
                records.put(device.pciAddress(), device);
            }
        } catch (IOException unreadable) {
            throw new IOException(
                    "'" + file + "' cannot be read (" + unreadable.getMessage()
                            + "); remove it only when no pod on this node owns a device",
                    unreadable);
        }
        return records;
    }

    @Override
    public void write(Map<String, DeviceRecord> records) throws IOException {
        Path folder = file.getParent();
        if (folder == null) {
            throw new IOException("'" + file + "' must lie in a folder");
        }
        Files.createDirectories(folder);
        Path beside = folder.resolve(file.getFileName() + ".new");
        try (FileChannel channel = FileChannel.open(
                beside, StandardOpenOption.CREATE, StandardOpenOption.WRITE, StandardOpenOption.TRUNCATE_EXISTING)) {
            ByteBuffer bytes = ByteBuffer.wrap(Json.bytes(new Content(List.copyOf(records.values()))));
            while (bytes.hasRemaining()) {
                channel.write(bytes);
            }
            channel.force(true);
        }
        Files.move(beside, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        try (FileChannel directory = FileChannel.open(folder, StandardOpenOption.READ)) {
            directory.force(true);
        }
    }
}
