package io.latencyscheduler.browser;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;
import static org.assertj.core.api.Assertions.assertThat;

import com.deque.html.axecore.playwright.AxeBuilder;
import com.microsoft.playwright.Locator;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.options.ColorScheme;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The page as a person meets it. */
class PageIT {
    private static final List<String> VIEWS =
            List.of("board", "decisions", "whatif", "gates", "latency", "queue", "health");
    /** What each view says of a cluster without nodes, instead of an empty frame. */
    private static final Map<String, String> OF_NO_NODES = Map.of(
            "board", "The API server has no nodes.",
            "decisions", "Nothing decided yet.",
            "whatif", "no nodes available to schedule pods",
            "gates", "No node runs a gated port.",
            "latency", "No nodes yet.",
            "queue", "Nobody waits.",
            "health", "All is well.");

    private static Chromium chromium;
    private static PageWorld world;
    private Page page;

    @BeforeAll
    static void start() throws Exception {
        chromium = Chromium.start();
        world = PageWorld.start(50, 0).fill();
    }

    @AfterAll
    static void stop() {
        if (world != null) {
            world.close();
        }
        if (chromium != null) {
            chromium.close();
        }
    }

    @AfterEach
    void nothingComplained() {
        if (page != null) {
            page.close();
        }
        assertThat(chromium.takeComplaints()).isEmpty();
    }

    private Page open(PageWorld at, String view) {
        page = chromium.page(ColorScheme.LIGHT);
        page.navigate(at.url() + "/#/" + view);
        assertThat(page.locator("#connection")).hasText("live · leading");
        return page;
    }

    private static void assertAccessible(Page page, String what) {
        assertThat(new AxeBuilder(page)
                        .analyze().getViolations().stream()
                                .map(rule -> rule.getId() + ": "
                                        + rule.getNodes().get(0).getHtml() + " "
                                        + rule.getNodes().get(0).getFailureSummary()))
                .as(what)
                .isEmpty();
    }

    @ParameterizedTest(name = "every view shows {0} nodes, is accessible and complains of nothing")
    @ValueSource(ints = {0, 1, 50, 1000})
    void shouldShowEveryView(int nodes) throws Exception {
        PageWorld shown = nodes == 50 ? world : PageWorld.start(nodes, 0);
        try {
            if (nodes != 50 && nodes > 0) {
                shown.fill();
            }
            open(shown, "board");
            for (String view : VIEWS) {
                page.navigate(shown.url() + "/#/" + view);
                assertThat(page.locator("#nav a[aria-current=page]")).hasAttribute("href", "#/" + view);
                assertThat(page.locator("#summary")).not().hasText("Waiting for the scheduler …");
                assertThat(page.locator("#view").locator("> *").first()).isVisible();
                if (nodes == 0) {
                    assertThat(page.locator("#view")).containsText(OF_NO_NODES.get(view));
                }
                assertAccessible(page, view + " with " + nodes + " nodes");
            }
        } finally {
            if (shown != world) {
                page.close();
                shown.close();
            }
        }
    }

    @Test
    void shouldKeepContrastInTheDark() {
        page = chromium.page(ColorScheme.DARK);
        page.navigate(world.url() + "/#/board?node=radio-000");
        assertThat(page.locator(".drawer h2")).hasText("radio-000");
        assertAccessible(page, "board in the dark");
    }

    @Test
    void shouldShowANodeWhenItsRowIsClickedAndPutItIntoTheAddress() {
        open(world, "board").locator("[data-node=cell-002]").click();

        assertThat(page.locator(".drawer h2")).hasText("cell-002");
        assertThat(page).hasURL(Pattern.compile("node=cell-002"));
        page.locator(".drawer").getByText("See its cycle").click();
        assertThat(page.locator(".gantt")).isVisible();
    }

    @Test
    void shouldLeadFromAPodToItsDecision() {
        Locator pods = open(world, "board").locator(".pill");
        String name = pods.first().textContent();
        pods.getByText(name, new Locator.GetByTextOptions().setExact(true)).click();

        assertThat(page.locator(".trace .lead b")).hasText(Pattern.compile(".*/" + name));
        assertThat(page.locator(".matrix tbody tr.chosen")).hasCount(1);
    }

    @ParameterizedTest(name = "the keyboard is enough when the browser draws {0} ms late")
    @ValueSource(ints = {0, 500})
    void shouldBeUsableByKeyboardAlone(int lateMs) {
        page = chromium.page(ColorScheme.LIGHT);
        page.addInitScript("""
                const soon = requestAnimationFrame;
                window.requestAnimationFrame = draw => setTimeout(() => soon(draw), %d);
                window.cancelAnimationFrame = clearTimeout;""".formatted(lateMs));
        page.navigate(world.url() + "/#/board");
        assertThat(page.locator(".row[data-node]")).not().hasCount(0);
        page.keyboard().press("/");
        page.keyboard().type("radio");
        assertThat(page).hasURL(Pattern.compile("q=radio"));
        assertThat(page.locator("#summary")).hasText(Pattern.compile("10 of 50 nodes match.*"));
        page.keyboard().press("Escape");
        assertThat(page.locator("#filter")).hasValue("");

        page.locator(".scroller").focus();
        page.keyboard().press("ArrowDown");
        page.keyboard().press("ArrowDown");
        assertThat(page.locator(".row.selected")).hasAttribute("data-node", "cell-003");
        page.keyboard().press("End");
        assertThat(page.locator(".row.selected")).hasAttribute("data-node", "radio-045");
        page.keyboard().press("Escape");
        assertThat(page.locator(".drawer")).isHidden();

        page.keyboard().press("2");
        assertThat(page.locator("#title")).hasText("Decisions");
    }

    @Test
    void shouldAnswerWhatIfAndCreateNothing() {
        chromium.expect("400"); // The browser notes that answer itself.
        int before = world.podCount();
        open(world, "whatif");
        assertThat(page.locator(".outcome.good")).isVisible();

        page.locator("#knob-deadline").fill("5us");

        assertThat(page.locator(".outcome.bad h2")).hasText("Pending");
        assertThat(page.locator("textarea")).hasValue(Pattern.compile("deadline: \"5us\""));
        assertThat(page.locator(".reasons")).containsText("DeadlineAdmission");
        page.locator("textarea").fill("not: [a pod");
        assertThat(page.locator(".outcome.bad h2")).hasText("Not a pod");
        assertThat(world.podCount()).isEqualTo(before);
    }

    @Test
    void shouldShowWhatAUserWroteAsTextAndNothingElse() {
        open(world, "queue");

        assertThat(page.locator("#view")).containsText("<img src=x onerror=alert(1)>");
        assertThat(page.locator("img[src=x]")).hasCount(0);
    }

    @Test
    void shouldDrawOnlyTheRowsThatAreSeenOfAThousand() throws Exception {
        try (PageWorld large = PageWorld.start(1000, 0)) {
            open(large, "board");
            assertThat(page.locator("#summary")).hasText(Pattern.compile("1,000 nodes.*"));
            assertThat(page.locator("[data-node=cell-002]")).isVisible();
            assertThat(page.locator(".rows .row").count()).isBetween(5, 60);

            page.locator(".scroller").focus();
            page.keyboard().press("End");
            assertThat(page.locator(".row.selected")).isVisible();
            assertThat(page.locator(".rows .row").count()).isBetween(5, 60);
            page.close();
        }
    }

    @Test
    void shouldSayThatTheConnectionIsLostAndKeepWhatWasKnown() throws Exception {
        chromium.expect("ERR_");
        try (PageWorld brief = PageWorld.start(1, 0)) {
            open(brief, "board");
            brief.stopScheduler();

            assertThat(page.locator("#banner")).containsText("Connection lost at");
            assertThat(page.locator("[data-node=radio-000]")).isVisible();
        }
    }
}
