package io.latencyscheduler.sandbox.testing;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;

/**
 * The kept inputs of a fuzz target, run as an ordinary test: each as it is, and variations of them by chance. A target is a
 * class with {@code static void fuzzerTestOneInput(byte[])}, the form in which {@code hack/fuzz} gives it to Jazzer; it
 * throws when its property does not hold. Inputs lie in {@code src/test/fuzz/TARGET} of the target's module.
 */
public final class FuzzCorpus {
    /** What parsers stumble over. */
    private static final List<String> TOKENS = List.of(
            "null",
            "[]",
            "{}",
            "\"\"",
            "0",
            "-1",
            "9223372036854775807",
            "9223372036854775808",
            "1e999",
            "NaN",
            "true",
            "\\u0000",
            "\u00e9",
            "&a [*a]",
            "!!java.io.File /",
            "? ",
            "\n",
            ",",
            ":",
            "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[");

    /** The same variations in every build; {@code make fuzz} looks for new ones. */
    private static final long SEED = 1;

    /** What is fuzzed. */
    @FunctionalInterface
    public interface Target {
        /** Throws when its property does not hold of the input. */
        void run(byte[] input) throws IOException;
    }

    private final Path folder;
    private final Target target;

    /** Of a module's target. */
    public FuzzCorpus(String module, String name, Target target) {
        this.folder = Path.of(System.getProperty("repository.root", ".."), module, "src", "test", "fuzz", name);
        this.target = target;
    }

    /**
     * Runs all kept inputs, then so many variations, the same each time but for {@code -Dlatency-scheduler.test.seed}.
     *
     * @throws AssertionError with the input, when one breaks the target; or when no input is kept
     */
    public void run(int variations) {
        List<byte[]> kept = inputs();
        if (kept.isEmpty()) {
            throw new AssertionError(folder + " keeps no input");
        }
        kept.forEach(this::once);
        Random random = new Random(Long.getLong("latency-scheduler.test.seed", SEED));
        for (int i = 0; i < variations; i++) {
            byte[] input = kept.get(random.nextInt(kept.size()));
            for (int changes = 1 + random.nextInt(4); changes > 0; changes--) {
                input = vary(input, kept, random);
            }
            once(input);
        }
    }

    private List<byte[]> inputs() {
        try (Stream<Path> files = Files.list(folder)) {
            return files.filter(Files::isRegularFile)
                    .sorted()
                    .map(FuzzCorpus::bytes)
                    .toList();
        } catch (IOException unreadable) {
            throw new UncheckedIOException(unreadable);
        }
    }

    private static byte[] bytes(Path file) {
        try {
            return Files.readAllBytes(file);
        } catch (IOException unreadable) {
            throw new UncheckedIOException(unreadable);
        }
    }

    private void once(byte[] input) {
        try {
            target.run(input);
        } catch (IOException | RuntimeException | Error broke) {
            throw new AssertionError(
                    folder.getFileName() + " broke on the input of base64 "
                            + Base64.getEncoder().encodeToString(input),
                    broke);
        }
    }

    private static byte[] vary(byte[] input, List<byte[]> kept, Random random) {
        int from = random.nextInt(input.length + 1);
        int to = Math.min(input.length, from + random.nextInt(12));
        ByteArrayOutputStream varied = new ByteArrayOutputStream();
        varied.write(input, 0, from);
        switch (random.nextInt(5)) {
            case 0 ->
                varied.writeBytes(TOKENS.get(random.nextInt(TOKENS.size())).getBytes(StandardCharsets.UTF_8));
            case 1 -> varied.write(random.nextInt(256));
            case 2 -> {
                byte[] other = kept.get(random.nextInt(kept.size()));
                int start = random.nextInt(other.length + 1);
                varied.write(other, start, Math.min(other.length - start, random.nextInt(64)));
            }
            case 3 -> to = from; // nothing is left out, something comes twice
            default -> {
                // The part is left out.
            }
        }
        int again = Math.min(from, random.nextInt(32));
        varied.write(input, from - again, random.nextInt(3) == 0 ? again : 0);
        varied.write(input, to, input.length - to);
        return varied.toByteArray();
    }
}
