package io.latencyscheduler.contract.timetable;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Everything held on one port. Immutable: a change makes a new one that shares what stays the same, so a snapshot is a
 * reference and may be read by any thread.
 *
 * <p>Whether a window of period T is free at offset o depends on o modulo G alone, where G is the least common multiple
 * of gcd(T, Ti) over the periods Ti in use. Free offsets are therefore looked up in one {@link Fold} of circle G, which
 * is exact for any periods and small even where T or the hyperperiod is not.
 *
 * <p>Ranges: periods are at most 8.64e13 ns (a day), so offsets, ends and every G stay below 2^47, sums of two below
 * 2^48.
 */
final class Occupancy {
    static final Occupancy EMPTY = new Occupancy(new Group[0], new Fold[0]);

    /** A fold of more copies is not built: such periods share too little, and are walked pair by pair. */
    private static final int MAX_FOLD = Fold.MAX_WINDOWS;

    /** Folds kept; ports see few distinct periods. What is asked beyond is walked pair by pair. */
    private static final int MAX_FOLDS = 12;

    /** Steps of the walk pair by pair before the answer is a refusal: irregular periods must not stall a scheduler. */
    private static final int MAX_STEPS = 1 << 16;

    /** Periods whose fold is remembered, which spares every port its divisions when one stream asks thousands. */
    private static final int MAX_ASKED = 16;

    static final long NONE = -1;

    /** No answer: a fold would have to be built first, and the decision may build no more. */
    static final long UNKNOWN = -2;

    private final Group[] groups;
    private final int size;
    private final double utilisation;
    private final long longestWindowNs;

    /** Read and replaced without a lock: a fold that is lost to a race is only built again. */
    private volatile Fold[] folds;

    /** Likewise. */
    private volatile Asked[] asked = new Asked[0];

    /** What was found out when a period was first asked for; no fold when it would be too large. */
    private record Asked(
            long periodNs, long circleNs, @Nullable Fold fold) {}

    /** The windows of one period, ascending by offset. */
    private record Group(long periodNs, long[] offsetsNs, long[] lengthsNs, Holding[] holdings, long longestWindowNs) {
        int size() {
            return offsetsNs.length;
        }

        static Group of(long periodNs, Holding[] holdings) {
            long[] offsetsNs = new long[holdings.length];
            long[] lengthsNs = new long[holdings.length];
            long longestNs = 0;
            for (int i = 0; i < holdings.length; i++) {
                offsetsNs[i] = holdings[i].window().offsetNs();
                lengthsNs[i] = holdings[i].window().lengthNs();
                longestNs = Math.max(longestNs, lengthsNs[i]);
            }
            return new Group(periodNs, offsetsNs, lengthsNs, holdings, longestNs);
        }

        Group plus(Holding holding) {
            int at = 0;
            while (at < holdings.length && offsetsNs[at] <= holding.window().offsetNs()) {
                at++;
            }
            Holding[] more = new Holding[holdings.length + 1];
            System.arraycopy(holdings, 0, more, 0, at);
            more[at] = holding;
            System.arraycopy(holdings, at, more, at + 1, holdings.length - at);
            return of(periodNs, more);
        }
    }

    private Occupancy(Group[] groups, Fold[] folds) {
        this.groups = groups;
        this.folds = folds;
        int count = 0;
        double sum = 0;
        long longest = 0;
        for (Group group : groups) {
            count += group.size();
            long lengths = 0;
            for (long lengthNs : group.lengthsNs()) {
                lengths += lengthNs;
            }
            longest = Math.max(longest, group.longestWindowNs());
            sum += (double) lengths / group.periodNs();
        }
        this.size = count;
        this.utilisation = sum;
        this.longestWindowNs = longest;
    }

    int size() {
        return size;
    }

    /** Share of the port's time that is held, from 0 to 1 (more only if windows overlap). */
    double utilisation() {
        return utilisation;
    }

    long longestWindowNs() {
        return longestWindowNs;
    }

    /** The distinct periods in use, ascending. */
    long[] periodsNs() {
        long[] periods = new long[groups.length];
        for (int i = 0; i < groups.length; i++) {
            periods[i] = groups[i].periodNs();
        }
        return periods;
    }

    List<Holding> holdings() {
        List<Holding> all = new ArrayList<>(size);
        for (Group group : groups) {
            all.addAll(Arrays.asList(group.holdings()));
        }
        return all;
    }

    Occupancy plus(Holding holding) {
        Window window = holding.window();
        int at = 0;
        while (at < groups.length && groups[at].periodNs() < window.periodNs()) {
            at++;
        }
        Group[] more;
        if (at < groups.length && groups[at].periodNs() == window.periodNs()) {
            more = groups.clone();
            more[at] = groups[at].plus(holding);
        } else {
            more = new Group[groups.length + 1];
            System.arraycopy(groups, 0, more, 0, at);
            more[at] = Group.of(window.periodNs(), new Holding[] {holding});
            System.arraycopy(groups, at, more, at + 1, groups.length - at);
        }
        return new Occupancy(more, foldsPlus(window));
    }

    private Fold[] foldsPlus(Window window) {
        Fold[] known = folds;
        Fold[] more = new Fold[known.length];
        int count = 0;
        for (Fold fold : known) {
            long g = Window.gcd(fold.periodNs(), window.periodNs());
            if (fold.periodNs() / g + fold.size() <= MAX_FOLD) {
                more[count++] = fold.plus(g, new long[] {window.offsetNs()}, new long[] {window.lengthNs()});
            }
        }
        return count == more.length ? more : Arrays.copyOf(more, count);
    }

    boolean holds(String owner) {
        for (Group group : groups) {
            for (Holding holding : group.holdings()) {
                if (holding.owner().equals(owner)) {
                    return true;
                }
            }
        }
        return false;
    }

    /**
     * Without the holdings that {@code gone} names; this when it names none.
     *
     * @param refold whether the folds are built again at once, so that no later question has to wait for them
     */
    Occupancy minus(Predicate<Holding> gone, boolean refold) {
        List<Group> rest = new ArrayList<>(groups.length);
        boolean changed = false;
        for (Group group : groups) {
            Holding[] stay =
                    Arrays.stream(group.holdings()).filter(gone.negate()).toArray(Holding[]::new);
            changed |= stay.length != group.size();
            if (stay.length == group.size()) {
                rest.add(group);
            } else if (stay.length > 0) {
                rest.add(Group.of(group.periodNs(), stay));
            }
        }
        if (!changed) {
            return this;
        }
        Occupancy less = new Occupancy(rest.toArray(Group[]::new), new Fold[0]);
        if (refold && rest.size() == groups.length) { // Otherwise the circles are others too.
            for (Fold fold : folds) {
                less.foldOf(fold.periodNs(), Preparation.UNLIMITED);
            }
        }
        return less;
    }

    /** The first holding that windows of this period, start and length would meet, in the order of periods. */
    @Nullable
    Holding meeting(long periodNs, long offsetNs, long lengthNs) {
        for (Group group : groups) {
            long g = Window.gcd(periodNs, group.periodNs());
            for (int i = 0; i < group.size(); i++) {
                if (bumpNs(g, offsetNs, lengthNs, group.offsetsNs()[i], group.lengthsNs()[i]) != 0) {
                    return group.holdings()[i];
                }
            }
        }
        return null;
    }

    /**
     * A holding that no offset whatever can avoid: with g = gcd of the periods, C1 + C2 > g. Null when there is none.
     */
    @Nullable
    Holding clashing(long periodNs, long lengthNs) {
        for (Group group : groups) {
            long g = Window.gcd(periodNs, group.periodNs());
            for (int i = 0; i < group.size(); i++) {
                if (lengthNs + group.lengthsNs()[i] > g) {
                    return group.holdings()[i];
                }
            }
        }
        return null;
    }

    /** The least common multiple of the periods in use; 1 when nothing is held, -1 when it is beyond 2^62. */
    long hyperperiodNs() {
        long multiple = 1;
        for (Group group : groups) {
            long factor = group.periodNs() / Window.gcd(multiple, group.periodNs());
            if (multiple > (1L << 62) / factor) {
                return -1;
            }
            multiple *= factor;
        }
        return multiple;
    }

    /** How many windows lie in one circle when each is laid out as often as it is distinct there. */
    long copies(long circleNs) {
        long copies = 0;
        for (Group group : groups) {
            copies += group.size() * (circleNs / Window.gcd(circleNs, group.periodNs()));
        }
        return copies;
    }

    /** G of the class comment; the period itself is a multiple of it. 1 when nothing is held. */
    long circleNs(long periodNs) {
        long circle = 1;
        for (Group group : groups) {
            long g = Window.gcd(periodNs, group.periodNs());
            // Both divide the period, so their least common multiple does too and cannot overflow.
            circle = circle / Window.gcd(circle, g) * g;
        }
        return circle;
    }

    /** The fold for windows of this period, or null when it would be too large to build. */
    @Nullable
    Fold fold(long periodNs) {
        Asked known = asked(periodNs, Preparation.UNLIMITED);
        return known == null ? null : known.fold();
    }

    /** Null when a fold would have to be built that {@code preparation} does not allow any more. */
    private @Nullable Asked asked(long periodNs, Preparation preparation) {
        Asked[] known = asked;
        for (Asked one : known) {
            if (one.periodNs() == periodNs) {
                return one;
            }
        }
        long circleNs = circleNs(periodNs);
        Fold fold = foldOf(circleNs, preparation);
        if (fold == null && preparation.spent()) {
            return null;
        }
        Asked news = new Asked(periodNs, circleNs, fold);
        if (known.length < MAX_ASKED) {
            Asked[] more = Arrays.copyOf(known, known.length + 1);
            more[known.length] = news;
            asked = more;
        }
        return news;
    }

    /** Whether {@link #firstFree}, asked a moment ago, cannot have given up. */
    boolean answersExactly(long periodNs, long lengthNs) {
        Asked known = groups.length == 0 ? null : asked(periodNs, Preparation.NONE);
        return groups.length == 0 || (known != null && known.fold() != null) || impossible(periodNs, lengthNs);
    }

    private @Nullable Fold foldOf(long circleNs, Preparation preparation) {
        Fold[] known = folds;
        for (Fold fold : known) {
            if (fold.periodNs() == circleNs) {
                return fold;
            }
        }
        if (known.length == MAX_FOLDS) {
            return null;
        }
        long copies = copies(circleNs);
        if (copies > MAX_FOLD) {
            return null;
        }
        if (!preparation.take(copies)) {
            return null;
        }
        Fold fold = Fold.empty(circleNs);
        for (Group group : groups) {
            fold = fold.plus(Window.gcd(circleNs, group.periodNs()), group.offsetsNs(), group.lengthsNs());
        }
        Fold[] more = Arrays.copyOf(known, known.length + 1);
        more[known.length] = fold;
        folds = more;
        return fold;
    }

    /**
     * Whether windows of this period and length are impossible wherever they lie, for a reason that needs no fold: with
     * some group they share less than the two windows need, or the circle has less time left than one window.
     */
    private boolean impossible(long periodNs, long lengthNs) {
        long circleNs = 1;
        for (Group group : groups) {
            long g = Window.gcd(periodNs, group.periodNs());
            if (lengthNs + group.longestWindowNs() > g) {
                return true;
            }
            circleNs = circleNs / Window.gcd(circleNs, g) * g;
        }
        // What is held shares at least as much of every circle as of the whole time. 1 ns for the rounding of the sum.
        return lengthNs > (1 - utilisation) * circleNs + 1;
    }

    /**
     * The smallest free offset in [fromNs, toNs], or -1. Exact, save that irregular periods are given up after {@link
     * #MAX_STEPS}. Allocates nothing once the fold of the period is built.
     */
    long firstFree(long periodNs, long lengthNs, long fromNs, long toNs) {
        return firstFree(periodNs, lengthNs, fromNs, toNs, Preparation.UNLIMITED);
    }

    /** The same; {@link #UNKNOWN} where it would take a fold more than {@code preparation} allows to build. */
    long firstFree(long periodNs, long lengthNs, long fromNs, long toNs, Preparation preparation) {
        if (groups.length == 0) {
            return fromNs <= toNs ? fromNs : NONE;
        }
        Asked known = asked(periodNs, Preparation.NONE);
        if (known == null) {
            if (impossible(periodNs, lengthNs)) {
                return NONE;
            }
            known = asked(periodNs, preparation);
            if (known == null) {
                return UNKNOWN;
            }
        }
        // Offsets repeat after one circle, so a longer range holds nothing new.
        long lastNs = Math.min(toNs, fromNs + known.circleNs() - 1);
        Fold fold = known.fold();
        return fold != null
                ? fold.firstFree(fromNs, lastNs, lengthNs)
                : firstFreePairwise(periodNs, lengthNs, fromNs, lastNs);
    }

    /** The largest free offset in [fromNs, toNs]; otherwise as {@link #firstFree}. */
    long lastFree(long periodNs, long lengthNs, long fromNs, long toNs) {
        if (groups.length == 0) {
            return fromNs <= toNs ? toNs : NONE;
        }
        long circleNs = circleNs(periodNs);
        Fold fold = fold(periodNs);
        long firstNs = Math.max(fromNs, toNs - circleNs + 1);
        return fold != null
                ? fold.lastFree(firstNs, toNs, lengthNs)
                : lastFreePairwise(periodNs, lengthNs, firstNs, toNs);
    }

    /**
     * Walks offsets upward, past each window met, until one meets none. Needs neither fold nor hyperperiod; the oracle of
     * the tests and the way for periods that no fold holds.
     */
    long firstFreePairwise(long periodNs, long lengthNs, long fromNs, long toNs) {
        long at = fromNs;
        int clean = 0;
        int group = 0;
        int steps = 0;
        while (at <= toNs && clean < groups.length && steps++ < MAX_STEPS) {
            long past = pastNs(groups[group], periodNs, at, lengthNs, 1);
            clean = past == at ? clean + 1 : 0;
            at = past;
            group = (group + 1) % groups.length;
        }
        return at <= toNs && clean >= groups.length ? at : NONE;
    }

    /** The same downward: the largest free offset. */
    long lastFreePairwise(long periodNs, long lengthNs, long fromNs, long toNs) {
        long at = toNs;
        int clean = 0;
        int group = 0;
        int steps = 0;
        while (at >= fromNs && clean < groups.length && steps++ < MAX_STEPS) {
            long past = pastNs(groups[group], periodNs, at, lengthNs, -1);
            clean = past == at ? clean + 1 : 0;
            at = past;
            group = (group + 1) % groups.length;
        }
        return at >= fromNs && clean >= groups.length ? at : NONE;
    }

    /**
     * Where a start comes to when it is moved past each window of the group once, upward (1) or downward (-1). Out of every
     * range, 2^62 either way, when a window leaves no room at all.
     */
    private static long pastNs(Group group, long periodNs, long atNs, long lengthNs, int direction) {
        long g = Window.gcd(periodNs, group.periodNs());
        long at = atNs;
        for (int i = 0; i < group.size(); i++) {
            long takenNs = group.lengthsNs()[i];
            if (lengthNs + takenNs > g) {
                return direction * (1L << 62);
            }
            long bump = bumpNs(g, at, lengthNs, group.offsetsNs()[i], takenNs);
            // Upward to the end of the window; downward so as to end where it begins: both are one way round of g
            // apart.
            at += direction > 0 || bump == 0 ? bump : bump - takenNs - lengthNs;
        }
        return at;
    }

    /** How far a start must move on to leave one window behind; 0 when it does not meet it. */
    private static long bumpNs(long g, long atNs, long lengthNs, long takenAtNs, long takenNs) {
        long distance = Math.floorMod(atNs - takenAtNs, g);
        if (distance < takenNs) {
            return takenNs - distance;
        }
        if (distance > g - lengthNs) {
            return g - distance + takenNs;
        }
        return 0;
    }
}
