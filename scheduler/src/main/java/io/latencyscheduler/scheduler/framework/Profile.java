package io.latencyscheduler.scheduler.framework;

import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The plugins in use, by extension point, each point in the order in which the plugins were given. */
public final class Profile {
    private final List<Plugin> plugins;
    private final QueueSortPlugin queueSort;
    private final List<PreEnqueuePlugin> preEnqueue;
    private final List<PreFilterPlugin> preFilter;
    private final List<FilterPlugin> filter;
    private final List<PostFilterPlugin> postFilter;
    private final List<PreScorePlugin> preScore;
    private final List<ScorePlugin> score;
    private final List<ReservePlugin> reserve;
    private final List<PermitPlugin> permit;
    private final List<PreBindPlugin> preBind;
    private final List<PostBindPlugin> postBind;
    private final List<EventPlugin> event;
    private final Map<String, Plugin> byName = new HashMap<>();

    /**
     * Sorts plugins into their points.
     *
     * @throws IllegalArgumentException when two plugins share a name, or not exactly one sorts the queue
     */
    public Profile(List<? extends Plugin> plugins) {
        this.plugins = List.copyOf(plugins);
        for (Plugin plugin : plugins) {
            if (byName.put(plugin.name(), plugin) != null) {
                throw new IllegalArgumentException("plugin '" + plugin.name() + "' must be there once");
            }
        }
        List<QueueSortPlugin> sorts = of(QueueSortPlugin.class);
        if (sorts.size() != 1) {
            throw new IllegalArgumentException(
                    "QueueSort plugins: '" + sorts.stream().map(Plugin::name).toList() + "' must be exactly one");
        }
        queueSort = sorts.get(0);
        preEnqueue = of(PreEnqueuePlugin.class);
        preFilter = of(PreFilterPlugin.class);
        filter = of(FilterPlugin.class);
        postFilter = of(PostFilterPlugin.class);
        preScore = of(PreScorePlugin.class);
        score = of(ScorePlugin.class);
        reserve = of(ReservePlugin.class);
        permit = of(PermitPlugin.class);
        preBind = of(PreBindPlugin.class);
        postBind = of(PostBindPlugin.class);
        event = of(EventPlugin.class);
    }

    private <T extends Plugin> List<T> of(Class<T> point) {
        return plugins.stream().filter(point::isInstance).map(point::cast).toList();
    }

    public List<Plugin> plugins() {
        return plugins;
    }

    /** The plugin that gave a verdict. */
    public Plugin plugin(String name) {
        Plugin plugin = byName.get(name);
        if (plugin == null) {
            throw new IllegalArgumentException("no plugin '" + name + "'");
        }
        return plugin;
    }

    public QueueSortPlugin queueSort() {
        return queueSort;
    }

    public List<PreEnqueuePlugin> preEnqueue() {
        return preEnqueue;
    }

    public List<PreFilterPlugin> preFilter() {
        return preFilter;
    }

    public List<FilterPlugin> filter() {
        return filter;
    }

    public List<PostFilterPlugin> postFilter() {
        return postFilter;
    }

    public List<PreScorePlugin> preScore() {
        return preScore;
    }

    public List<ScorePlugin> score() {
        return score;
    }

    public List<ReservePlugin> reserve() {
        return reserve;
    }

    public List<PermitPlugin> permit() {
        return permit;
    }

    public List<PreBindPlugin> preBind() {
        return preBind;
    }

    public List<PostBindPlugin> postBind() {
        return postBind;
    }

    public List<EventPlugin> event() {
        return event;
    }
}
