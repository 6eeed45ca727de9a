package io.latencyscheduler.discovery.derive;

import io.latencyscheduler.contract.NodeInventory.Role;

/**
 * Who may use a port, and why.
 *
 * @param role who
 * @param reason why, in words
 * @param fault whether the configuration asked for something else that cannot be had
 */
record RoleDecision(Role role, String reason, boolean fault) {
    static RoleDecision of(Role role, String reason) {
        return new RoleDecision(role, reason, false);
    }

    static RoleDecision refused(Role role, String reason) {
        return new RoleDecision(role, reason, true);
    }
}
