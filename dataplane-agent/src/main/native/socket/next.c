#include "socket/next.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>

/* The oldest version of each architecture's glibc: the library must load in images older than the one it was built on. */
#if defined(__x86_64__)
__asm__(".symver dlsym, dlsym@GLIBC_2.2.5");
#elif defined(__aarch64__)
__asm__(".symver dlsym, dlsym@GLIBC_2.17");
#endif

static const char *const names[NEXT_COUNT] = {
#define NEXT_NAME(name) #name,
        NEXT_FUNCTIONS(NEXT_NAME)
#undef NEXT_NAME
};

static _Atomic(void *) addresses[NEXT_COUNT];

static long not_there(void) {
    errno = ENOSYS;
    return -1;
}

void *next_function(enum next_function function) {
    void *address = atomic_load_explicit(&addresses[function], memory_order_relaxed);
    if (__builtin_expect(address == NULL, 0)) {
        address = dlsym(RTLD_NEXT, names[function]);
        if (!address && function == NEXT_fcntl64) {
            address = dlsym(RTLD_NEXT, names[NEXT_fcntl]); /* before glibc 2.28 */
        }
        if (!address) {
            address = (void *)not_there;
        }
        atomic_store_explicit(&addresses[function], address, memory_order_relaxed);
    }
    return address;
}

__attribute__((constructor(101))) static void resolve_all(void) {
    for (int i = 0; i < NEXT_COUNT; i++) {
        next_function((enum next_function)i);
    }
}
