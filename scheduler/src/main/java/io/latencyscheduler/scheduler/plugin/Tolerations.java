package io.latencyscheduler.scheduler.plugin;

import io.latencyscheduler.scheduler.model.Taint;
import io.latencyscheduler.scheduler.model.Toleration;
import java.util.List;

/** Taints against tolerations. */
final class Tolerations {
    private Tolerations() {}

    static boolean tolerate(List<Toleration> tolerations, Taint taint) {
        for (int i = 0; i < tolerations.size(); i++) {
            if (tolerations.get(i).tolerates(taint)) {
                return true;
            }
        }
        return false;
    }

    /** Whether a pod may be placed on a node with these taints. */
    static boolean tolerateAll(List<Toleration> tolerations, List<Taint> taints) {
        for (int i = 0; i < taints.size(); i++) {
            if (taints.get(i).forbidsScheduling() && !tolerate(tolerations, taints.get(i))) {
                return false;
            }
        }
        return true;
    }
}
