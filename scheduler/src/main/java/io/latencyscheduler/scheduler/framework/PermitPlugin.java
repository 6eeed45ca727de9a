package io.latencyscheduler.scheduler.framework;

import io.latencyscheduler.scheduler.model.PodInfo;
import java.time.Duration;

/** Lets a reserved pod go on to be bound, holds it or refuses it. */
public interface PermitPlugin extends Plugin {
    /** {@code timeout} counts for WAIT alone: then the pod is refused. */
    record Result(Verdict verdict, Duration timeout) {
        public static final Result SUCCESS = new Result(Verdict.SUCCESS, Duration.ZERO);
    }

    Result permit(CycleState state, PodInfo pod, String nodeName, Waiting waiting);

    /** The pods that are held at Permit. */
    interface Waiting {
        /** The held pods, in the order in which they were. */
        Iterable<PodInfo> pods();

        /** Lets a held pod go on, as far as {@code plugin} is concerned. */
        void allow(PodInfo pod, Plugin plugin);

        /** Refuses a held pod: its reservation is undone and it is queued again. */
        void reject(PodInfo pod, Plugin plugin, String reason);
    }
}
