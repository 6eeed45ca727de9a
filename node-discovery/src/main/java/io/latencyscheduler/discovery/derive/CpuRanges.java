package io.latencyscheduler.discovery.derive;

/** CPU lists as the kernel writes them, such as {@code 2-5,8}. */
final class CpuRanges {
    private CpuRanges() {}

    /** How many CPUs the list names; what is no range counts nothing. */
    static int count(String ranges) {
        int count = 0;
        for (String range : ranges.split(",", -1)) {
            if (range.matches("[0-9]{1,6}")) {
                count++;
            } else if (range.matches("[0-9]{1,6}-[0-9]{1,6}")) {
                int dash = range.indexOf('-');
                int first = Integer.parseInt(range.substring(0, dash));
                int last = Integer.parseInt(range.substring(dash + 1));
                count += Math.max(0, last - first + 1);
            }
        }
        return count;
    }
}
