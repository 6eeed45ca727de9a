package io.latencyscheduler.bench.scheduler;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** What a process has used so far, by Linux' own count. */
final class ProcessUsage {
    /** Clock ticks per second in {@code /proc}: 100 on every Linux that Java runs on. */
    private static final double TICKS = 100;

    private ProcessUsage() {}

    /** CPU seconds in user and kernel mode; resolution 10 ms. */
    static double cpuSeconds(long pid) throws IOException {
        String stat = Files.readString(Path.of("/proc", Long.toString(pid), "stat"));
        // The name in parentheses may hold blanks; utime and stime are fields 14 and 15.
        String[] behindName = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
        return (Long.parseLong(behindName[11]) + Long.parseLong(behindName[12])) / TICKS;
    }

    /** The largest resident memory so far, in MiB. */
    static double peakMemoryMib(long pid) throws IOException {
        for (String line : Files.readAllLines(Path.of("/proc", Long.toString(pid), "status"))) {
            if (line.startsWith("VmHWM:")) {
                return Long.parseLong(line.replaceAll("[^0-9]", "")) / 1024.0;
            }
        }
        throw new IOException("process " + pid + " tells no VmHWM");
    }
}
