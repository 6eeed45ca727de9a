#include "socket/executable.h"
#include "socket/system.h"

#include <elf.h>
#include <fcntl.h>
#include <link.h>
#include <string.h>

static ssize_t read_at(int fd, void *data, size_t size, uint64_t offset) {
    return system_result(syscall(SYS_pread64, fd, data, size, offset));
}

static enum executable read_headers(int fd) {
    ElfW(Ehdr) file;
    if (read_at(fd, &file, sizeof(file), 0) != (ssize_t)sizeof(file) || memcmp(file.e_ident, ELFMAG, SELFMAG) != 0 ||
        file.e_ident[EI_CLASS] != (sizeof(void *) == 8 ? ELFCLASS64 : ELFCLASS32) || file.e_phentsize != sizeof(ElfW(Phdr))) {
        return EXECUTABLE_OTHER;
    }
    for (unsigned i = 0; i < file.e_phnum; i++) {
        ElfW(Phdr) part;
        char linker[256] = "";
        if (read_at(fd, &part, sizeof(part), file.e_phoff + i * sizeof(part)) != (ssize_t)sizeof(part)) {
            return EXECUTABLE_OTHER;
        }
        if (part.p_type != PT_INTERP) {
            continue;
        }
        (void)read_at(fd, linker, part.p_filesz < sizeof(linker) ? part.p_filesz : sizeof(linker) - 1, part.p_offset);
        return strstr(linker, "ld-musl") ? EXECUTABLE_MUSL : EXECUTABLE_GLIBC;
    }
    return EXECUTABLE_STATIC;
}

enum executable executable_of(const char *path) {
    int fd = (int)system_result(syscall(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC));
    if (fd < 0) {
        return EXECUTABLE_OTHER;
    }
    enum executable kind = read_headers(fd);
    system_close(fd);
    return kind;
}
