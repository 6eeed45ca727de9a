package io.latencyscheduler.scheduler.kube;

import io.latencyscheduler.scheduler.framework.Code;
import io.latencyscheduler.scheduler.framework.CycleState;
import io.latencyscheduler.scheduler.framework.PreBindPlugin;
import io.latencyscheduler.scheduler.framework.ReservePlugin;
import io.latencyscheduler.scheduler.framework.StateKey;
import io.latencyscheduler.scheduler.framework.Verdict;
import io.latencyscheduler.scheduler.ledger.NodeState;
import io.latencyscheduler.scheduler.model.PodInfo;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;

/**
 * Binds a pod in the term of leadership in which it was decided, or not at all: while it was held, as the members of a
 * group are, another leader may have given its ports away.
 */
final class OneTerm implements ReservePlugin, PreBindPlugin {
    private static final StateKey<Leadership.Permit> PERMIT = new StateKey<>();

    private final Supplier<Leadership.Permit> permits;

    OneTerm(Supplier<Leadership.Permit> permits) {
        this.permits = permits;
    }

    @Override
    public Verdict reserve(CycleState state, PodInfo pod, NodeState node) {
        state.put(PERMIT, permits.get());
        return Verdict.SUCCESS;
    }

    @Override
    public void unreserve(CycleState state, PodInfo pod, String nodeName) {}

    @Override
    public CompletionStage<Verdict> preBind(CycleState state, PodInfo pod, String nodeName) {
        return CompletableFuture.completedFuture(
                state.get(PERMIT).holds()
                        ? Verdict.SUCCESS
                        : new Verdict(Code.ERROR, "the leadership in which this was decided has ended", name()));
    }
}
