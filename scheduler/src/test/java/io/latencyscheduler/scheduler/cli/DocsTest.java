package io.latencyscheduler.scheduler.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.latencyscheduler.scheduler.cycle.Reporter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.reflect.Field;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.BiConsumer;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;

/** What the documents name exists: pages, headings, files, targets, subcommands, options, messages, events. */
class DocsTest {
    private static final Path ROOT = Path.of(System.getProperty("repository.root"));
    private static final Pattern LINK = Pattern.compile("\\]\\(([^)\\s]+)\\)");
    private static final Pattern CODE = Pattern.compile("(?s)```[a-z]*\\n(.*?)```|`([^`\\n]+)`|(?m)^    (\\S.*)$");
    private static final Pattern TARGET = Pattern.compile("(?:^|&& |@)make ([a-z][a-z-]*)");
    private static final Pattern SUBCOMMAND =
            Pattern.compile("(?:kubectl latency-scheduler|latency-scheduler\\.jar) ([a-z][a-z-]*)([^#;|]*)");
    private static final Pattern OPTION = Pattern.compile("(?<= )(--?[a-z][a-z-]*)(?=[ =,]|$)");
    private static final Pattern FILE =
            Pattern.compile("(?<![\\w/.:-])((?:manifests|hack|charts|docs|scheduler|sandbox|demo)/[\\w./-]+[\\w/])");
    private static final Pattern HEADING = Pattern.compile("(?m)^#{1,6} (.+)$");
    private static final Pattern ROW = Pattern.compile("(?m)^\\| `([^`]+)` \\|");

    private static List<Path> pages() {
        try (Stream<Path> top = Files.list(ROOT);
                Stream<Path> docs = Files.walk(ROOT.resolve("docs"))) {
            return Stream.concat(top, docs)
                    .filter(file -> file.toString().endsWith(".md"))
                    .sorted()
                    .toList();
        } catch (IOException unreadable) {
            throw new UncheckedIOException(unreadable);
        }
    }

    private static String text(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException unreadable) {
            throw new UncheckedIOException(unreadable);
        }
    }

    private static void forEach(Pattern pattern, String text, BiConsumer<MatchResult, String> found) {
        pattern.matcher(text).results().forEach(match -> found.accept(match, match.group()));
    }

    /** Every piece of code of a page, a line each. */
    private static List<String> code(String page) {
        List<String> lines = new ArrayList<>();
        forEach(CODE, page, (match, whole) -> {
            for (int i = 1; i <= 3; i++) {
                if (match.group(i) != null) {
                    match.group(i).lines().map(String::strip).forEach(lines::add);
                }
            }
        });
        return lines;
    }

    private static String anchor(String heading) {
        return heading.toLowerCase(Locale.ROOT)
                .replaceAll("[^\\p{Alnum} _-]", "")
                .strip()
                .replace(' ', '-');
    }

    @Test
    void shouldLinkToPagesAndHeadingsThatExist() {
        List<String> broken = new ArrayList<>();
        for (Path page : pages()) {
            forEach(LINK, text(page).replaceAll("(?s)```.*?```", ""), (match, whole) -> {
                String target = match.group(1);
                if (target.matches("[a-z]+:.*")) {
                    return;
                }
                String[] parts = target.split("#", 2);
                Path file = parts[0].isEmpty()
                        ? page
                        : page.getParent().resolve(parts[0]).normalize();
                if (!Files.exists(file)) {
                    broken.add(ROOT.relativize(page) + " → " + target);
                } else if (parts.length > 1) {
                    Set<String> anchors = new HashSet<>();
                    forEach(HEADING, text(file), (heading, line) -> anchors.add(anchor(heading.group(1))));
                    if (!anchors.contains(parts[1])) {
                        broken.add(ROOT.relativize(page) + " → " + target + ", no such heading");
                    }
                }
            });
        }
        assertThat(broken).isEmpty();
    }

    @Test
    void shouldLeadToEveryPage() {
        Set<Path> linked = new HashSet<>();
        for (Path page : pages()) {
            forEach(
                    LINK,
                    text(page),
                    (match, whole) -> linked.add(page.getParent()
                            .resolve(match.group(1).replaceAll("#.*", ""))
                            .normalize()));
        }
        assertThat(pages().stream()
                        .filter(page -> page.startsWith(ROOT.resolve("docs"))
                                && !linked.contains(page)
                                && !linked.contains(page.getParent())))
                .as("pages that no page links to")
                .isEmpty();
    }

    @Test
    void shouldNameTargetsThatExist() throws IOException {
        Set<String> targets = new TreeSet<>();
        try (Stream<Path> more = Files.list(ROOT.resolve("hack/make"))) {
            Stream.concat(Stream.of(ROOT.resolve("Makefile")), more)
                    .forEach(file -> forEach(
                            Pattern.compile("(?m)^([a-z][a-z-]*):"),
                            text(file),
                            (match, line) -> targets.add(match.group(1))));
        }
        Map<String, String> unknown = new TreeMap<>();
        for (Path page : pages()) {
            for (String line : code(text(page))) {
                forEach(TARGET, line, (match, whole) -> {
                    if (!targets.contains(match.group(1))) {
                        unknown.put(match.group(1), ROOT.relativize(page).toString());
                    }
                });
            }
        }
        assertThat(targets).contains("demo", "test");
        assertThat(unknown).isEmpty();
    }

    @Test
    void shouldNameSubcommandsAndOptionsThatExist() {
        Map<String, CommandLine> subcommands = new CommandLine(new Commands()).getSubcommands();
        Map<String, String> unknown = new TreeMap<>();
        Set<String> seen = new TreeSet<>();
        for (Path page : pages()) {
            for (String line : code(text(page))) {
                forEach(SUBCOMMAND, line, (match, whole) -> {
                    CommandLine subcommand = subcommands.get(match.group(1));
                    if (subcommand == null) {
                        unknown.put(whole, ROOT.relativize(page).toString());
                        return;
                    }
                    seen.add(match.group(1));
                    forEach(OPTION, match.group(2), (option, name) -> {
                        if (!subcommand.getCommandSpec().optionsMap().containsKey(name)) {
                            unknown.put(
                                    whole + ": " + name, ROOT.relativize(page).toString());
                        }
                    });
                });
            }
        }
        assertThat(unknown).isEmpty();
        assertThat(seen).contains("explain", "whatif", "simulate", "snapshot");
    }

    @Test
    void shouldNameFilesThatExist() {
        Map<String, String> unknown = new TreeMap<>();
        for (Path page : pages()) {
            for (String line : code(text(page))) {
                forEach(FILE, line, (match, name) -> {
                    boolean made = name.contains("/target/") || name.contains("...");
                    if (!made && !Files.exists(ROOT.resolve(name))) {
                        unknown.put(name, ROOT.relativize(page).toString());
                    }
                });
            }
        }
        assertThat(unknown).isEmpty();
    }

    @Test
    void shouldDescribeEveryEventThatTheSchedulerRecords() throws IllegalAccessException {
        Set<String> recorded = new TreeSet<>();
        for (Field field : Reporter.class.getFields()) {
            recorded.add(String.valueOf(field.get(null)));
        }
        // These two are reasons of the condition.
        recorded.removeAll(Set.of(Reporter.UNSCHEDULABLE, Reporter.SCHEDULER_ERROR));
        String source = text(source("kube/ApiReporter.java"));
        forEach(
                Pattern.compile("EventNote\\.(?:NORMAL|WARNING),\\s*\"([A-Z][A-Za-z]+)\""),
                source,
                (match, whole) -> recorded.add(match.group(1)));

        assertThat(rows("docs/reference/events.md")).isEqualTo(recorded);
        assertThat(recorded).contains("Scheduled", "FailedScheduling", "Preempted");
    }

    @Test
    void shouldExplainEveryRefusalOfOurOwnAsItIsWorded() throws IOException {
        Set<String> explained = rows("docs/how-to/troubleshoot.md").stream()
                .map(message -> message.replaceAll(" ?….*", ""))
                .collect(Collectors.toCollection(TreeSet::new));
        StringBuilder sources = new StringBuilder();
        try (Stream<Path> files = Files.walk(source(""))) {
            files.filter(file -> file.toString().endsWith(".java")).forEach(file -> sources.append(text(file)));
        }
        Set<String> ours = new TreeSet<>();
        for (String plugin : List.of("LatencyTier", "InterfaceCapacity", "DeadlineAdmission")) {
            forEach(
                    Pattern.compile("\"(node\\(s\\) [^\"]*)\""),
                    text(source("plugin/" + plugin + ".java")),
                    (match, whole) -> ours.add(match.group(1).strip()));
        }

        assertThat(explained.stream().filter(message -> sources.indexOf(message) < 0))
                .as("explained, but never said")
                .isEmpty();
        assertThat(ours).isNotEmpty();
        assertThat(explained).containsAll(ours);
    }

    private static Path source(String name) {
        return ROOT.resolve("scheduler/src/main/java/io/latencyscheduler/scheduler")
                .resolve(name);
    }

    /** First cells of the table that stands between the marks of this test. */
    private static Set<String> rows(String page) {
        String text = text(ROOT.resolve(page));
        int from = text.indexOf("<!-- compared with the sources by DocsTest -->");
        int to = text.indexOf("<!-- end -->", from);
        assertThat(from).as("the mark in " + page).isNotNegative();
        Set<String> rows = new TreeSet<>();
        forEach(ROW, text.substring(from, to), (match, whole) -> rows.add(match.group(1)));
        return rows;
    }
}
