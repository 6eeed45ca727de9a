package io.latencyscheduler.contract.timetable;

/** Chooses one of the free offsets of a window. */
@FunctionalInterface
interface Placement {
    /** The smallest free offset. */
    Placement FIRST_FIT = Occupancy::firstFree;

    /** The free offset that leaves the most to streams of other periods. */
    Placement HARMONIC = new HarmonicPlacement();

    /** The largest free offset. */
    Placement LAST_FIT = Occupancy::lastFree;

    /**
     * A free offset in [fromNs, toNs], or -1 iff there is none.
     *
     * @param fromNs from 0
     * @param toNs below {@code fromNs + periodNs}
     */
    long place(Occupancy occupancy, long periodNs, long lengthNs, long fromNs, long toNs);
}
