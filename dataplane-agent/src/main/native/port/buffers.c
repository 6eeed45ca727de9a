#include "port/buffers.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>

int tsn_buffers_init(struct tsn_buffers *buffers, uint32_t count) {
    size_t bytes = (size_t)count * TSN_BUFFER_BYTES;
    uint8_t *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
    if (memory == MAP_FAILED) return -ENOMEM;
    uint8_t **free_list = malloc(sizeof(*free_list) * count);
    if (!free_list) {
        munmap(memory, bytes);
        return -ENOMEM;
    }
    for (uint32_t i = 0; i < count; i++) free_list[i] = memory + (size_t)(count - 1 - i) * TSN_BUFFER_BYTES;
    *buffers = (struct tsn_buffers){.memory = memory, .free = free_list, .free_count = count, .count = count};
    return 0;
}

void tsn_buffers_release(struct tsn_buffers *buffers) {
    if (!buffers->memory) return;
    munmap(buffers->memory, (size_t)buffers->count * TSN_BUFFER_BYTES);
    free(buffers->free);
    *buffers = (struct tsn_buffers){0};
}
