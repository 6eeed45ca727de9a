/* One sentence for people beside an error number. */
#ifndef TSN_CORE_FAIL_H
#define TSN_CORE_FAIL_H

#include <stddef.h>

/* Writes the sentence into error (if size > 0, always terminated) and returns -EINVAL. */
__attribute__((format(printf, 3, 4))) int tsn_fail(char *error, size_t size, const char *format, ...);

#endif
