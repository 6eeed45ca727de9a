package io.latencyscheduler.discovery.derive;

import io.latencyscheduler.contract.NodeInventory;
import io.latencyscheduler.discovery.fact.Problem;
import java.util.List;
import java.util.SortedMap;

/**
 * What was concluded about a host.
 *
 * @param labels node labels; one that is missing here is unknown and stays as it is on the node
 * @param inventory the whole inventory, with what an earlier one knew of sources that could not be read now
 * @param inventoryKnown false when ports could not be read and nothing earlier is known: then nothing may be published
 * @param problems what was skipped or refused, for people
 */
public record Derived(
        SortedMap<String, String> labels, NodeInventory inventory, boolean inventoryKnown, List<Problem> problems) {
    public Derived {
        problems = List.copyOf(problems);
    }
}
