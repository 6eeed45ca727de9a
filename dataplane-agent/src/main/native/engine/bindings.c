#include "engine/bindings.h"

#include <errno.h>
#include <string.h>

static const uint8_t ZERO[16];

static bool is_zero(const uint8_t *bytes, size_t count) { return memcmp(bytes, ZERO, count) == 0; }

/* The hash takes what no wildcard stands for. */
static uint32_t bucket_of(uint8_t kind, uint16_t selector) {
    return (kind * 31u + selector * 2654435761u / 65536u) % TSN_BINDING_BUCKETS;
}

static uint16_t selector_of(const struct tsn_control_bind *address) {
    return address->kind == TSN_ADDRESS_ETHERTYPE ? address->ethertype : address->port;
}

static size_t ip_bytes(uint8_t kind) {
    return kind == TSN_ADDRESS_UDP4 ? 4 : kind == TSN_ADDRESS_UDP6 ? 16 : 0;
}

static bool is_multicast(const struct tsn_control_bind *address) {
    if (address->mac[0] & 1) return true;
    if (address->kind == TSN_ADDRESS_UDP4)
        return address->ip[0] >> 4 == 0xe || memcmp(address->ip, "\xff\xff\xff\xff", 4) == 0;
    return address->kind == TSN_ADDRESS_UDP6 && address->ip[0] == 0xff;
}

static bool owns(const struct tsn_binding_owner *owner, const uint8_t *mac) {
    for (uint32_t i = 0; i < owner->mac_count; i++)
        if (memcmp(owner->macs[i], mac, TSN_MAC_BYTES) == 0) return true;
    return false;
}

void tsn_bindings_init(struct tsn_bindings *bindings) {
    memset(bindings, 0, sizeof(*bindings));
    for (uint32_t i = 0; i < TSN_BINDING_BUCKETS; i++) bindings->bucket[i] = -1;
}

/* Whether some unicast frame would match both. */
static bool overlap(const struct tsn_binding *a, const struct tsn_control_bind *b,
                    const struct tsn_binding_owner *b_owner) {
    const struct tsn_control_bind *x = &a->address;
    if (x->kind != b->kind || selector_of(x) != selector_of(b)) return false;
    size_t bytes = ip_bytes(b->kind);
    if (memcmp(x->ip, b->ip, bytes) != 0 && !is_zero(x->ip, bytes) && !is_zero(b->ip, bytes)) return false;
    bool x_any = is_zero(x->mac, TSN_MAC_BYTES);
    bool b_any = is_zero(b->mac, TSN_MAC_BYTES);
    if (!x_any && !b_any) return memcmp(x->mac, b->mac, TSN_MAC_BYTES) == 0;
    if (x_any && b_any) return a->owner.mac_count == 0 || b_owner->mac_count == 0;
    if (x_any) return a->owner.mac_count == 0 || owns(&a->owner, b->mac);
    return b_owner->mac_count == 0 || owns(b_owner, x->mac);
}

static bool same_address(const struct tsn_control_bind *a, const struct tsn_control_bind *b) {
    return a->kind == b->kind && selector_of(a) == selector_of(b) &&
           memcmp(a->ip, b->ip, ip_bytes(a->kind)) == 0 && memcmp(a->mac, b->mac, TSN_MAC_BYTES) == 0;
}

static int check_owner(const struct tsn_bindings *bindings, const struct tsn_binding_owner *owner,
                       const struct tsn_control_bind *address) {
    if (is_multicast(address)) return 0;
    bool any_mac = is_zero(address->mac, TSN_MAC_BYTES);
    bool any_ip = is_zero(address->ip, ip_bytes(address->kind)); /* an ethertype has none: any */
    if (owner->mac_count == 0 ? any_mac && any_ip : !any_mac && !owns(owner, address->mac)) return -EADDRNOTAVAIL;
    for (int32_t i = bindings->bucket[bucket_of(address->kind, selector_of(address))]; i >= 0;
         i = bindings->entry[i].next) {
        const struct tsn_binding *other = &bindings->entry[i];
        if (other->owner.pod != owner->pod && !is_multicast(&other->address) && overlap(other, address, owner))
            return -EADDRINUSE;
    }
    return 0;
}

int tsn_bindings_add(struct tsn_bindings *bindings, const struct tsn_binding_owner *owner,
                     const struct tsn_control_bind *address) {
    int error = check_owner(bindings, owner, address);
    if (error) return error;
    tsn_bindings_remove(bindings, owner->process, address); /* to the front, and never twice */
    if (bindings->count == TSN_BINDINGS_MAX) return -ENOSPC;
    int32_t slot = 0;
    while (bindings->entry[slot].used) slot++;
    int32_t *head = &bindings->bucket[bucket_of(address->kind, selector_of(address))];
    bindings->entry[slot] = (struct tsn_binding){.address = *address, .owner = *owner, .next = *head, .used = true};
    *head = slot;
    bindings->count++;
    return 0;
}

/* Takes out what `address` (NULL: everything of the process) names; returns how many. */
static uint32_t remove_from(struct tsn_bindings *bindings, int32_t *link, uint32_t process,
                            const struct tsn_control_bind *address) {
    uint32_t removed = 0;
    while (*link >= 0) {
        struct tsn_binding *entry = &bindings->entry[*link];
        if (entry->owner.process == process && (!address || same_address(&entry->address, address))) {
            *link = entry->next;
            entry->used = false;
            bindings->count--;
            removed++;
        } else {
            link = &entry->next;
        }
    }
    return removed;
}

int tsn_bindings_remove(struct tsn_bindings *bindings, uint32_t process, const struct tsn_control_bind *address) {
    int32_t *link = &bindings->bucket[bucket_of(address->kind, selector_of(address))];
    return remove_from(bindings, link, process, address) > 0 ? 0 : -ENOENT;
}

void tsn_bindings_remove_process(struct tsn_bindings *bindings, uint32_t process) {
    for (uint32_t i = 0; i < TSN_BINDING_BUCKETS; i++) remove_from(bindings, &bindings->bucket[i], process, NULL);
}

static bool matches(const struct tsn_binding *entry, const struct tsn_destination *destination) {
    const struct tsn_control_bind *address = &entry->address;
    size_t bytes = ip_bytes(address->kind);
    if (!is_zero(address->ip, bytes) && memcmp(address->ip, destination->ip, bytes) != 0) return false;
    if (!is_zero(address->mac, TSN_MAC_BYTES)) return memcmp(address->mac, destination->mac, TSN_MAC_BYTES) == 0;
    return destination->multicast || entry->owner.mac_count == 0 || owns(&entry->owner, destination->mac);
}

static uint32_t match_kind(const struct tsn_bindings *bindings, const struct tsn_destination *destination, uint8_t kind,
                           uint16_t selector, uint32_t *processes, uint32_t count, uint32_t room) {
    for (int32_t i = bindings->bucket[bucket_of(kind, selector)]; i >= 0 && count < room; i = bindings->entry[i].next) {
        const struct tsn_binding *entry = &bindings->entry[i];
        if (entry->address.kind != kind || selector_of(&entry->address) != selector || !matches(entry, destination))
            continue;
        bool known = false;
        for (uint32_t j = 0; j < count; j++) known = known || processes[j] == entry->owner.process;
        if (!known) processes[count++] = entry->owner.process;
        if (!destination->multicast) break;
    }
    return count;
}

uint32_t tsn_bindings_match(const struct tsn_bindings *bindings, const struct tsn_destination *destination,
                            uint32_t *processes, uint32_t room) {
    uint32_t count = 0;
    if (destination->kind != TSN_ADDRESS_ETHERTYPE)
        count = match_kind(bindings, destination, destination->kind, destination->port, processes, 0, room);
    if (count == 0 || destination->multicast)
        count = match_kind(bindings, destination, TSN_ADDRESS_ETHERTYPE, destination->ethertype, processes, count, room);
    return count;
}
