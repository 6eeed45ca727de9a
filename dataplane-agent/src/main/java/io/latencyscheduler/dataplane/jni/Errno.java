package io.latencyscheduler.dataplane.jni;

/** The few error numbers of Linux that the engine returns (asm-generic/errno-base.h). */
final class Errno {
    static final int ENOENT = 2;

    private Errno() {}

    static String name(int number) {
        return switch (number) {
            case 1 -> "not permitted (EPERM)";
            case ENOENT -> "unknown (ENOENT)";
            case 12 -> "out of memory (ENOMEM)";
            case 13 -> "no access (EACCES)";
            case 16 -> "in use (EBUSY)";
            case 17 -> "there already (EEXIST)";
            case 19 -> "no such device (ENODEV)";
            case 22 -> "invalid (EINVAL)";
            default -> "error " + number;
        };
    }
}
