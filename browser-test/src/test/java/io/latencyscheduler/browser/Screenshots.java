package io.latencyscheduler.browser;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;

import com.microsoft.playwright.Page;
import com.microsoft.playwright.options.ColorScheme;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Takes the pictures that the documents show; not a test, run by {@code make screenshots}. */
class Screenshots {
    private static final Map<String, String> PICTURES = Map.of(
            "board", "board",
            "whatif", "whatif",
            "gates", "gates?port=cell-008%2Fuplink0");

    @Test
    void take() throws Exception {
        Path folder = Path.of(System.getProperty("repository.root"), "docs", "images");
        try (Chromium chromium = Chromium.start();
                PageWorld world = PageWorld.start(50, 0).fill()) {
            for (Map.Entry<String, String> picture : PICTURES.entrySet()) {
                Page page = chromium.page(ColorScheme.LIGHT);
                page.navigate(world.url() + "/#/" + picture.getValue());
                assertThat(page.locator("#connection")).hasText("live · leading");
                page.waitForTimeout(1500);
                page.screenshot(new Page.ScreenshotOptions().setPath(folder.resolve(picture.getKey() + ".png")));
            }
        }
    }
}
