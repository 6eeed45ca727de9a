package io.latencyscheduler.scheduler.kube;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A search through every order of what can happen next in a world that is made anew for each of them. Worlds that look
 * alike go on alike, so that each is gone through once.
 */
final class EveryOrder {
    /** Something that can be done to, or said about, a world. */
    interface World {
        /** What can happen now, always in the same order for worlds that look alike. */
        List<Happening> possible();

        /** All that decides how it goes on. */
        String looks();

        /** Lets everything under way come to its end; throws an {@link AssertionError} when that leaves something wrong. */
        void settle();
    }

    /** One thing that happens, at once and as a whole; throws an {@link AssertionError} when it breaks a rule. */
    record Happening(String name, Runnable run) {}

    /**
     * What a search showed.
     *
     * @param worlds gone through
     * @param longest the most happenings in a row
     * @param fault the first rule that was broken and the shortest way there, one happening per line; empty when none was
     */
    record Found(int worlds, int longest, String fault) {}

    /** A world, as the choices that lead to it from the beginning. */
    private record Way(@Nullable Way before, int choice, int length) {}

    private final Supplier<? extends World> beginning;

    private EveryOrder(Supplier<? extends World> beginning) {
        this.beginning = beginning;
    }

    /** Searches, the short ways first, until a rule is broken or nothing is left. */
    static Found search(Supplier<? extends World> beginning) {
        return new EveryOrder(beginning).search();
    }

    private Found search() {
        Set<String> seen = new HashSet<>();
        Queue<Way> open = new ArrayDeque<>();
        Way way = new Way(null, -1, 0);
        seen.add(beginning.get().looks());
        open.add(way);
        while (!open.isEmpty()) {
            way = open.remove();
            List<String> names = new ArrayList<>();
            try {
                World world = follow(way, names);
                int possible = world.possible().size();
                for (int choice = 0; choice < possible; choice++) {
                    World next = choice == 0 ? world : follow(way, new ArrayList<>());
                    choose(next, choice, names);
                    if (seen.add(next.looks())) {
                        open.add(new Way(way, choice, way.length() + 1));
                    }
                    names.remove(names.size() - 1);
                }
                names.add("all settles");
                follow(way, new ArrayList<>()).settle();
            } catch (AssertionError broken) {
                return new Found(seen.size(), way.length(), broken.getMessage() + "\n" + String.join("\n", names));
            }
        }
        return new Found(seen.size(), way.length(), "");
    }

    private World follow(Way way, List<String> names) {
        if (way.before() == null) {
            return beginning.get();
        }
        World world = follow(way.before(), names);
        choose(world, way.choice(), names);
        return world;
    }

    private static void choose(World world, int choice, List<String> names) {
        Happening happening = world.possible().get(choice);
        names.add(happening.name());
        happening.run().run();
    }
}
