package io.latencyscheduler.dataplane.preload;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** How a program is loaded, by its ELF program headers (elf(5)). */
enum ProgramKind {
    /** By glibc's loader, which preloads. */
    PRELOADABLE(""),
    /** By the kernel alone. */
    STATIC("is a static program"),
    /** By musl's loader, which cannot load a library of glibc. */
    MUSL("is a program of musl");

    private static final int HEADER_BYTES = 64;
    private static final int MAGIC = 0x7f454c46;
    private static final int CLASS_64 = 2;
    private static final int BIG_ENDIAN = 2;
    private static final int PT_INTERP = 3;
    private static final int ENTRY_BYTES = 56;
    private static final int MOST_BYTES = 1 << 16;

    private final String words;

    ProgramKind(String words) {
        this.words = words;
    }

    /** For a sentence that begins with the program's name. */
    String words() {
        return words;
    }

    /** The kind of a program; one that is no 64-bit ELF program, or has its headers far behind, counts as preloadable. */
    static ProgramKind of(Path program) throws IOException {
        byte[] bytes;
        try (var input = Files.newInputStream(program)) {
            bytes = input.readNBytes(MOST_BYTES);
        }
        ByteBuffer elf = ByteBuffer.wrap(bytes);
        if (bytes.length < HEADER_BYTES || elf.getInt(0) != MAGIC || elf.get(4) != CLASS_64) {
            return PRELOADABLE;
        }
        elf.order(elf.get(5) == BIG_ENDIAN ? ByteOrder.BIG_ENDIAN : ByteOrder.LITTLE_ENDIAN);
        long table = elf.getLong(32);
        int size = elf.getShort(54);
        int count = elf.getShort(56);
        for (int i = 0; i < count; i++) {
            long at = table + (long) i * size;
            if (at < 0 || size < ENTRY_BYTES || at + ENTRY_BYTES > bytes.length) {
                return PRELOADABLE;
            }
            if (elf.getInt((int) at) == PT_INTERP) {
                long offset = elf.getLong((int) at + 8);
                long length = elf.getLong((int) at + 32);
                boolean readable =
                        offset >= 0 && length >= 0 && length <= bytes.length && offset + length <= bytes.length;
                String loader =
                        readable ? new String(bytes, (int) offset, (int) length, StandardCharsets.ISO_8859_1) : "";
                return loader.contains("ld-musl") ? MUSL : PRELOADABLE;
            }
        }
        return STATIC;
    }
}
