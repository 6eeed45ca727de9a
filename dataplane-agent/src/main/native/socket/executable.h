#ifndef TSN_EXECUTABLE_H
#define TSN_EXECUTABLE_H

/* Whether preloaded libraries reach a program: read off its ELF headers, without libc's help. */
enum executable {
    EXECUTABLE_OTHER,  /* not ELF: a script, or nothing that can be read */
    EXECUTABLE_GLIBC,  /* names a dynamic linker that reads LD_PRELOAD for this library */
    EXECUTABLE_MUSL,   /* its dynamic linker is musl's, whose libc this library does not fit */
    EXECUTABLE_STATIC, /* names no dynamic linker, as most Go programs */
};

enum executable executable_of(const char *path);

#endif
