package io.latencyscheduler.browser;

import com.microsoft.playwright.Browser;
import com.microsoft.playwright.BrowserType;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.Playwright;
import com.microsoft.playwright.assertions.PlaywrightAssertions;
import com.microsoft.playwright.options.ColorScheme;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Assumptions;

/** The machine's own headless Chromium; no browser is downloaded. What the page complains of is collected. */
final class Chromium implements AutoCloseable {
    private static final Path BINARY = Path.of("/usr/bin/chromium");

    /** Long enough for a machine that does other things too; who passes does not wait for it. */
    private static final double PATIENCE_MS = 60_000;

    private final List<String> complaints = new ArrayList<>();
    private String expected = "";
    private final Playwright playwright;
    private final Browser browser;

    private Chromium(Playwright playwright, Browser browser) {
        this.playwright = playwright;
        this.browser = browser;
    }

    /** Without Chromium the test steps aside, unless REQUIRE_TIER says that nothing may. */
    static Chromium start() {
        boolean there = Files.isExecutable(BINARY);
        if (!there && System.getenv("REQUIRE_TIER") != null) {
            throw new IllegalStateException("no " + BINARY + ": apt-get install chromium");
        }
        Assumptions.assumeTrue(there, "no " + BINARY + ": apt-get install chromium");
        Playwright playwright = Playwright.create(
                new Playwright.CreateOptions().setEnv(Map.of("PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD", "1")));
        Browser browser = playwright
                .chromium()
                .launch(new BrowserType.LaunchOptions()
                        .setExecutablePath(BINARY)
                        .setArgs(List.of("--no-sandbox", "--disable-gpu")));
        return new Chromium(playwright, browser);
    }

    Page page(ColorScheme scheme) {
        Page page = browser.newPage(
                new Browser.NewPageOptions().setViewportSize(1440, 900).setColorScheme(scheme));
        page.setDefaultTimeout(PATIENCE_MS);
        PlaywrightAssertions.setDefaultAssertionTimeout(PATIENCE_MS);
        page.onPageError(complaints::add);
        page.onConsoleMessage(message -> {
            if (message.type().equals("error")) {
                complaints.add(message.text());
            }
        });
        return page;
    }

    /** Complaints that contain the text are no fault of the page in this test, however late they arrive. */
    void expect(String text) {
        expected = text;
    }

    /** What the page complained of since the last call. */
    List<String> takeComplaints() {
        List<String> taken = complaints.stream()
                .filter(text -> expected.isEmpty() || !text.contains(expected))
                .toList();
        complaints.clear();
        expected = "";
        return taken;
    }

    @Override
    public void close() {
        browser.close();
        playwright.close();
    }
}
