package io.latencyscheduler.charts;

import io.latencyscheduler.kube.Resource;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** Users who go on submitting pods, whatever happens to the scheduler. */
final class PodFeed implements AutoCloseable {
    private static final int PAUSE_MILLIS = 1000;
    private final Installed installed;
    private final String prefix;
    private final String annotations;
    private final List<String> submitted = new ArrayList<>();
    private final Thread thread = new Thread(this::feed, "pod-feed");
    private volatile boolean ending;
    private volatile Throwable failure;

    /**
     * @param prefix of the pods' names
     * @param annotations in YAML's flow style, such as {@code latency-scheduler.io/latency: 20ms}
     */
    PodFeed(Installed installed, String prefix, String annotations) {
        this.installed = installed;
        this.annotations = annotations;
        this.prefix = prefix;
        thread.start();
    }

    private void feed() {
        try {
            while (!ending) {
                String name = prefix + submitted.size();
                installed.create(Resource.PODS, """
                        {apiVersion: v1, kind: Pod, metadata: {name: %s, annotations: {%s}}, spec: {schedulerName: latency-scheduler,
                          containers: [{name: c, image: pause, resources: {requests: {cpu: 1m}}}]}}
                        """.formatted(name, annotations));
                submitted.add(name);
                Thread.sleep(PAUSE_MILLIS);
            }
        } catch (IOException | InterruptedException failed) {
            failure = failed;
        }
    }

    /** Ends it and returns the names of the pods. */
    List<String> end() throws InterruptedException {
        ending = true;
        thread.join();
        if (failure != null) {
            throw new AssertionError("pods could not be submitted", failure);
        }
        return submitted;
    }

    @Override
    public void close() throws InterruptedException {
        end();
    }
}
