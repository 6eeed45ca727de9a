package io.latencyscheduler.scheduler.model;

/** A toleration of a pod; an empty {@code effect} means all, an empty {@code key} with Exists all taints. */
public record Toleration(String key, String operator, String value, String effect) {
    public Toleration {
        key = Absent.text(key);
        operator = Absent.text(operator);
        value = Absent.text(value);
        effect = Absent.text(effect);
    }

    /** As {@code v1.Toleration.ToleratesTaint}, with Gt and Lt of KEP-5471. */
    public boolean tolerates(Taint taint) {
        if (!effect.isEmpty() && !effect.equals(taint.effect())) {
            return false;
        }
        if (!key.isEmpty() && !key.equals(taint.key())) {
            return false;
        }
        return switch (operator) {
            case "", "Equal" -> value.equals(taint.value());
            case "Exists" -> true;
            case "Gt" -> compare(taint) > 0;
            case "Lt" -> compare(taint) < 0;
            default -> false;
        };
    }

    /** Sign of taint − toleration; 0 when one of them is no integer. */
    private int compare(Taint taint) {
        try {
            return Long.compare(Long.parseLong(taint.value()), Long.parseLong(value));
        } catch (NumberFormatException notAnInteger) {
            return 0;
        }
    }
}
