package io.latencyscheduler.charts;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What dashboards and alerts say of themselves, and that every metric they ask for exists. */
class MonitoringTest {
    private static final Pattern METRIC = Pattern.compile("latency_scheduler_[a-z_]+");
    private static final Path ALERTS = Chart.FOLDER.resolve("files/alerts/latency-scheduler.yaml");

    /** Names in the reference tables, which the programs' own tests compare with what they offer. */
    private static Set<String> documented() throws IOException {
        Set<String> names = new TreeSet<>();
        for (String page : new String[] {"scheduler-metrics.md", "agent-metrics.md", "node-discovery.md"}) {
            Matcher row = Pattern.compile("\\| `(latency_scheduler_[a-z_]+)` \\| (\\w+) \\|")
                    .matcher(Files.readString(
                            Chart.ROOT.resolve("docs/reference").resolve(page)));
            while (row.find()) {
                names.add(row.group(1));
                if (row.group(2).equals("histogram")) {
                    names.addAll(List.of(row.group(1) + "_bucket", row.group(1) + "_sum", row.group(1) + "_count"));
                }
            }
        }
        return names;
    }

    private static Set<String> metricsIn(String expression) {
        Set<String> names = new TreeSet<>();
        Matcher metric = METRIC.matcher(expression);
        while (metric.find()) {
            names.add(metric.group());
        }
        return names;
    }

    @ParameterizedTest
    @MethodSource("io.latencyscheduler.charts.Dashboard#all")
    void shouldTitleDescribeAndMeasureEveryPanel(Dashboard dashboard) throws IOException {
        Set<String> titles = new HashSet<>();
        Set<String> documented = documented();
        assertThat(dashboard.panels()).hasSizeGreaterThan(10);
        for (JsonNode panel : dashboard.panels()) {
            String title = panel.path("title").asText();
            assertThat(titles.add(title)).as("title %s is used once", title).isTrue();
            assertThat(panel.path("description").asText())
                    .as(title)
                    .hasSizeGreaterThan(10)
                    .endsWith(".");
            String unit = panel.at("/fieldConfig/defaults/unit").asText();
            assertThat(unit).as(title).isIn("short", "s", "ops", "pps", "percentunit");
            assertThat(panel.at("/datasource/uid").asText()).isEqualTo("${datasource}");
            for (JsonNode target : panel.path("targets")) {
                String expression = target.path("expr").asText();
                assertThat(documented).as("%s: %s", title, expression).containsAll(metricsIn(expression));
                assertThat(metricsIn(expression)).as(expression).isNotEmpty();
                boolean seconds = expression.contains("histogram_quantile") && expression.contains("_seconds_bucket");
                assertThat(unit.equals("s"))
                        .as("%s is in seconds: %s", title, expression)
                        .isEqualTo(
                                seconds || expression.startsWith("time() -") || expression.startsWith("max(time() -"));
            }
        }
    }

    @ParameterizedTest
    @MethodSource("io.latencyscheduler.charts.Dashboard#all")
    void shouldPlacePanelsBesideEachOther(Dashboard dashboard) {
        List<int[]> taken = new ArrayList<>();
        for (JsonNode panel : dashboard.panels()) {
            JsonNode at = panel.path("gridPos");
            int[] box = {
                at.path("x").asInt(),
                at.path("y").asInt(),
                at.path("w").asInt(),
                at.path("h").asInt()
            };
            assertThat(box[0] + box[2]).as(panel.path("title").asText()).isLessThanOrEqualTo(24);
            for (int[] other : taken) {
                boolean apart = box[0] >= other[0] + other[2]
                        || other[0] >= box[0] + box[2]
                        || box[1] >= other[1] + other[3]
                        || other[1] >= box[1] + box[3];
                assertThat(apart)
                        .as("%s lies over another panel", panel.path("title").asText())
                        .isTrue();
            }
            taken.add(box);
        }
    }

    @Test
    void shouldAskInAlertsForMetricsThatExistAndExplainEachInTheRunbook() throws IOException {
        String runbook = Files.readString(Chart.ROOT.resolve("docs/how-to/operate.md"));
        Set<String> documented = documented();
        List<JsonNode> rules = new ArrayList<>();
        for (JsonNode group : Chart.tree(Files.readString(ALERTS)).path("groups")) {
            group.path("rules").forEach(rules::add);
        }
        assertThat(rules).hasSizeGreaterThan(10);
        for (JsonNode rule : rules) {
            String name = rule.path("alert").asText();
            assertThat(documented)
                    .as(name)
                    .containsAll(metricsIn(rule.path("expr").asText()));
            assertThat(rule.at("/labels/severity").asText()).isIn("critical", "warning", "info");
            assertThat(rule.at("/annotations/runbook_url").asText())
                    .isEqualTo("RUNBOOK_URL" + name.toLowerCase(Locale.ROOT));
            assertThat(runbook).contains("\n### " + name + "\n");
        }
    }

    @Test
    void shouldFireWhenTheyShould() throws IOException, InterruptedException {
        Process promtool;
        try {
            promtool = new ProcessBuilder("promtool", "test", "rules", "latency-scheduler.yaml")
                    .directory(Chart.ROOT.resolve("charts/src/test/alerts").toFile())
                    .redirectErrorStream(true)
                    .start();
        } catch (IOException absent) {
            Assumptions.abort("no promtool; run: apt-get install prometheus");
            return;
        }
        String said = new String(promtool.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(promtool.waitFor()).as(said).isZero();
    }

    @Test
    void shouldReachClustersWithTheirPlaceholdersReplaced() {
        String rendered = Chart.render("1.30.0", """
                capabilities: {apiVersions: [monitoring.coreos.com/v1]}
                monitoring: {rules: {enabled: true, runbookUrl: "https://runbooks.example.org/"}, dashboards: {enabled: true}}
                """);
        assertThat(rendered)
                .doesNotContain("RUNBOOK_URL")
                .contains("https://runbooks.example.org/dataplanelinkdown")
                .contains("{{ $labels.port }}");
        assertThat(Chart.objects(rendered).stream()
                        .filter(object -> object.at("/metadata/labels/grafana_dashboard")
                                .asText()
                                .equals("1")))
                .hasSize(3);
    }
}
