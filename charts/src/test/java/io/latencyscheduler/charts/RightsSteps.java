package io.latencyscheduler.charts;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;

/** After all that the programs did: no role grants more than they used, with whatever settings. */
abstract class RightsSteps extends Steps {
    /** Settings that are no switches and ask for rights. */
    private static final List<String> SETTINGS = List.of(
            "",
            "{discovery: {config: {publish: {node-feature: {enabled: true}}}}}",
            "{agent: {config: {paths: {peers: auto}}}}",
            "{agent: {config: {overlay: {mode: ovs}}}}",
            "{agent: {config: {overlay: {mode: kernel}, paths: {peers: auto}}}}",
            "{agent: {config: {overlay: {mode: auto}}}}");

    RightsSteps(Installed installed) {
        super(installed);
    }

    @Test
    @Order(1)
    void shouldHaveUsedEveryRightItIsGranted() throws IOException {
        Set<String> granted = installed.roles.granted();
        Files.write(Chart.ROOT.resolve("charts/target/rights.txt"), granted);
        assertThat(granted).hasSizeGreaterThan(60);
        assertThat(unused(granted)).as("granted and never used").isEmpty();
    }

    @Test
    @Order(2)
    void shouldGrantNothingElseWithAnySwitchOfTheChart() throws IOException {
        List<String> variants = new ArrayList<>(SETTINGS);
        switches(Chart.tree(Files.readString(Chart.FOLDER.resolve("values.yaml"))), "%s", variants);
        variants.remove("{webhook: {policy: {enabled: true}}}"); // grants nothing, and needs a newer cluster: ChartTest
        variants.removeIf(values -> values.contains("serviceAccount")); // needs the name of another account
        assertThat(variants).hasSizeGreaterThan(20).contains("{webhook: {enabled: true}}");
        Set<String> rendered = new TreeSet<>();
        for (String values : variants) {
            Chart.objects(Chart.render("1.20.2", values)).stream()
                    .filter(object -> Chart.kind(object).endsWith("Role"))
                    .map(Rights::granted)
                    .forEach(rendered::addAll);
        }
        assertThat(unused(rendered)).as("granted and never used").isEmpty();
    }

    /** Every boolean of the values, the other way round, alone. */
    private static void switches(JsonNode values, String around, List<String> variants) {
        for (var entry : values.properties()) {
            String inside = around.formatted("{" + entry.getKey() + ": %s}");
            if (entry.getValue().isBoolean()) {
                variants.add(inside.formatted(!entry.getValue().asBoolean()));
            } else if (entry.getValue().isObject()) {
                switches(entry.getValue(), inside, variants);
            }
        }
    }

    /** What a step did before, it could not have done without the right: nothing else grants it. */
    @Test
    @Order(3)
    void shouldBeRefusedWhatItDidWhenTheRightIsTakenAway() throws IOException {
        installed.roles.restore();
        for (RoleBook.Noted role : installed.roles.roles()) {
            Set<String> rights = Rights.granted(role.object());
            for (String right : rights) {
                JsonNode request = installed.audit.request(right);
                until(
                        right + " is granted",
                        () -> installed.roles.allowed(request),
                        () -> "it is not: " + request.path("objectRef"));
            }
            for (String right : rights) {
                JsonNode request = installed.audit.request(right);
                installed.roles.restrict(role, right);
                until(
                        right + " is taken away",
                        () -> !installed.roles.allowed(request),
                        () -> "something else grants it: " + request.path("objectRef"));
            }
        }
    }
}
