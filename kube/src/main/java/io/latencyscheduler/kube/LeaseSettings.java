package io.latencyscheduler.kube;

import java.time.Duration;

/**
 * Which lease, and its times. Who holds it stops acting {@code renewDeadline} after the last renewal was sent; nobody takes
 * it before it has stood unchanged for {@code leaseDuration}. The difference is the margin in which a request already sent
 * must end.
 *
 * @param namespace where the lease lives
 * @param name the lease's name
 * @param identity unique to this process
 * @param leaseDuration at least 1 s
 * @param renewDeadline below the lease's duration
 * @param retryPeriod between two renewals, below the renew deadline
 */
public record LeaseSettings(
        String namespace,
        String name,
        String identity,
        Duration leaseDuration,
        Duration renewDeadline,
        Duration retryPeriod) {
    public LeaseSettings {
        if (leaseDuration.toSeconds() < 1
                || renewDeadline.compareTo(leaseDuration) >= 0
                || retryPeriod.compareTo(renewDeadline) >= 0
                || retryPeriod.isNegative()
                || retryPeriod.isZero()) {
            throw new IllegalArgumentException("lease duration " + leaseDuration + ", renew deadline " + renewDeadline
                    + " and retry period " + retryPeriod + " must fall in this order, all above 0");
        }
    }

    /** In which a request sent by the last moment of leading must have ended. */
    public Duration margin() {
        return leaseDuration.minus(renewDeadline);
    }

    /** Longest request about the lease itself: two fit into the time that a missed renewal leaves. */
    public Duration requestTimeout() {
        Duration slack = renewDeadline.minus(retryPeriod).dividedBy(2);
        return slack.compareTo(margin()) < 0 ? slack : margin();
    }
}
