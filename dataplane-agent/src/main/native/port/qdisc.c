#include "port/qdisc.h"

#include <errno.h>
#include <linux/netlink.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { HANDLE = 0x8f000000, PRIORITIES = TC_QOPT_BITMASK + 1 };

/* A message that grows. Once something did not fit, nothing more does. */
struct builder {
    uint8_t *bytes;
    size_t room;
    size_t used;
    bool full;
};

static size_t padded(size_t bytes) { return (bytes + 3) & ~(size_t)3; }

static void *grow(struct builder *builder, size_t bytes) {
    if (builder->full || builder->room - builder->used < padded(bytes)) {
        builder->full = true;
        return NULL;
    }
    void *at = builder->bytes + builder->used;
    memset(at, 0, padded(bytes));
    builder->used += padded(bytes);
    return at;
}

static void put(struct builder *builder, uint16_t type, const void *value, size_t bytes) {
    struct rtattr *attribute = grow(builder, sizeof(*attribute) + bytes);
    if (!attribute) return;
    *attribute = (struct rtattr){(unsigned short)(sizeof(*attribute) + bytes), type};
    memcpy(attribute + 1, value, bytes);
}

static size_t begin(struct builder *builder, uint16_t type) {
    size_t at = builder->used;
    put(builder, type, "", 0);
    return at;
}

static void end(struct builder *builder, size_t begun) {
    size_t bytes = builder->used - begun;
    if (bytes > UINT16_MAX) builder->full = true;
    if (builder->full) return;
    struct rtattr *attribute = (void *)(builder->bytes + begun);
    attribute->rta_len = (unsigned short)bytes;
}

static struct builder start(uint8_t *message, size_t room, uint16_t type, uint16_t flags, int interface) {
    struct builder builder = {.bytes = message, .room = room};
    struct nlmsghdr *header = grow(&builder, sizeof(*header));
    struct tcmsg *tc = grow(&builder, sizeof(*tc));
    if (!tc) return builder;
    *header = (struct nlmsghdr){.nlmsg_type = type, .nlmsg_flags = (uint16_t)(NLM_F_REQUEST | NLM_F_ACK | flags), .nlmsg_seq = 1};
    *tc = (struct tcmsg){.tcm_family = AF_UNSPEC, .tcm_ifindex = interface, .tcm_parent = TC_H_ROOT};
    if (type == RTM_NEWQDISC) tc->tcm_handle = (uint32_t)HANDLE;
    return builder;
}

static int finish(struct builder *builder) {
    if (builder->full) return -E2BIG;
    ((struct nlmsghdr *)(void *)builder->bytes)->nlmsg_len = (uint32_t)builder->used;
    return (int)builder->used;
}

/* The card's class of a traffic class: as many in a row as there are more classes than queues. */
static uint32_t card_class(uint32_t traffic_class, uint32_t count) { return traffic_class * count / TSN_QDISC_CLASSES; }

static struct tc_mqprio_qopt class_map(uint32_t count) {
    struct tc_mqprio_qopt map = {.num_tc = (uint8_t)count};
    for (uint32_t priority = 0; priority < PRIORITIES; priority++)
        map.prio_tc_map[priority] = (uint8_t)(priority < TSN_QDISC_CLASSES ? card_class(priority, count) : 0);
    for (uint32_t class = 0; class < count; class++) {
        map.count[class] = 1;
        map.offset[class] = (uint16_t)(count - 1 - class);
    }
    return map;
}

static uint32_t card_gates(uint8_t states, uint32_t count) {
    uint32_t gates = 0;
    for (uint32_t class = 0; class < TSN_QDISC_CLASSES; class++)
        if (states >> class & 1) gates |= 1u << card_class(class, count);
    return gates;
}

static void put_entry(struct builder *builder, const struct tsn_gate_entry *entry, uint32_t count) {
    static const uint8_t COMMANDS[] = {TC_TAPRIO_CMD_SET_GATES, TC_TAPRIO_CMD_SET_AND_HOLD, TC_TAPRIO_CMD_SET_AND_RELEASE};
    uint32_t gates = card_gates(entry->gate_states, count);
    size_t nest = begin(builder, TCA_TAPRIO_SCHED_ENTRY);
    put(builder, TCA_TAPRIO_SCHED_ENTRY_CMD, &COMMANDS[entry->operation], 1);
    put(builder, TCA_TAPRIO_SCHED_ENTRY_GATE_MASK, &gates, sizeof(gates));
    put(builder, TCA_TAPRIO_SCHED_ENTRY_INTERVAL, &entry->interval_ns, sizeof(entry->interval_ns));
    end(builder, nest);
}

int tsn_qdisc_taprio(uint8_t *message, size_t room, int interface, const struct tsn_gate_list *list, uint32_t queues) {
    uint32_t count = queues < TSN_QDISC_CLASSES ? queues : TSN_QDISC_CLASSES;
    if (count == 0 || queues > TSN_QDISC_QUEUES_MAX) return -EINVAL;
    struct tc_mqprio_qopt map = class_map(count);
    uint32_t flags = TCA_TAPRIO_ATTR_FLAG_FULL_OFFLOAD;
    struct builder builder = start(message, room, RTM_NEWQDISC, NLM_F_CREATE | NLM_F_REPLACE, interface);
    put(&builder, TCA_KIND, "taprio", sizeof("taprio"));
    size_t options = begin(&builder, TCA_OPTIONS);
    put(&builder, TCA_TAPRIO_ATTR_FLAGS, &flags, sizeof(flags));
    put(&builder, TCA_TAPRIO_ATTR_PRIOMAP, &map, sizeof(map));
    put(&builder, TCA_TAPRIO_ATTR_SCHED_BASE_TIME, &list->base_time_ns, sizeof(list->base_time_ns));
    if (list->cycle_time_ns)
        put(&builder, TCA_TAPRIO_ATTR_SCHED_CYCLE_TIME, &list->cycle_time_ns, sizeof(list->cycle_time_ns));
    if (list->cycle_time_extension_ns)
        put(&builder, TCA_TAPRIO_ATTR_SCHED_CYCLE_TIME_EXTENSION, &list->cycle_time_extension_ns,
            sizeof(list->cycle_time_extension_ns));
    size_t entries = begin(&builder, TCA_TAPRIO_ATTR_SCHED_ENTRY_LIST);
    for (uint32_t i = 0; i < list->entry_count; i++) put_entry(&builder, &list->entries[i], count);
    end(&builder, entries);
    end(&builder, options);
    return finish(&builder);
}

int tsn_qdisc_etf(uint8_t *message, size_t room, int interface, uint32_t delta_ns) {
    struct tc_etf_qopt parameters = {.delta = (int32_t)delta_ns, .clockid = CLOCK_TAI, .flags = TC_ETF_OFFLOAD_ON};
    struct builder builder = start(message, room, RTM_NEWQDISC, NLM_F_CREATE | NLM_F_REPLACE, interface);
    put(&builder, TCA_KIND, "etf", sizeof("etf"));
    size_t options = begin(&builder, TCA_OPTIONS);
    put(&builder, TCA_ETF_PARMS, &parameters, sizeof(parameters));
    end(&builder, options);
    return finish(&builder);
}

int tsn_qdisc_delete(uint8_t *message, size_t room, int interface) {
    struct builder builder = start(message, room, RTM_DELQDISC, 0, interface);
    return finish(&builder);
}

/* The sentence that the kernel adds to an error, if it does. */
static const char *sentence_of(const struct nlmsghdr *header, const struct nlmsgerr *answer) {
    if (!(header->nlmsg_flags & NLM_F_ACK_TLVS)) return NULL;
    size_t skip = header->nlmsg_flags & NLM_F_CAPPED ? 0 : answer->msg.nlmsg_len - sizeof(answer->msg);
    const uint8_t *at = (const uint8_t *)(answer + 1) + padded(skip);
    const uint8_t *stop = (const uint8_t *)header + header->nlmsg_len;
    while (at + sizeof(struct nlattr) <= stop) {
        const struct nlattr *attribute = (const void *)at;
        if (attribute->nla_len < sizeof(*attribute) || at + attribute->nla_len > stop) return NULL;
        if (attribute->nla_type == NLMSGERR_ATTR_MSG) return (const char *)(attribute + 1); /* ends with a zero byte */
        at += padded(attribute->nla_len);
    }
    return NULL;
}

int tsn_qdisc_queues(int interface) {
    struct {
        struct nlmsghdr header;
        struct ifinfomsg link;
    } request = {.header = {.nlmsg_len = sizeof(request), .nlmsg_type = RTM_GETLINK, .nlmsg_flags = NLM_F_REQUEST},
                 .link = {.ifi_index = interface}};
    _Alignas(struct nlmsghdr) uint8_t answer[16384];
    int descriptor = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
    if (descriptor < 0) return -errno;
    struct timeval patience = {.tv_sec = 5};
    setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    ssize_t got = send(descriptor, &request, sizeof(request), 0) < 0 ? -1 : recv(descriptor, answer, sizeof(answer), 0);
    int result = got < 0 ? -errno : -ENODEV;
    const struct nlmsghdr *header = (const void *)answer;
    if (got >= (ssize_t)NLMSG_LENGTH(sizeof(struct ifinfomsg)) && header->nlmsg_type == RTM_NEWLINK) {
        const uint8_t *at = answer + NLMSG_LENGTH(sizeof(struct ifinfomsg));
        for (const struct rtattr *attribute; at + sizeof(*attribute) <= answer + got; at += padded(attribute->rta_len)) {
            attribute = (const void *)at;
            if (attribute->rta_len < sizeof(*attribute)) break;
            if (attribute->rta_type == IFLA_NUM_TX_QUEUES) memcpy(&result, attribute + 1, sizeof(result));
        }
    }
    close(descriptor);
    return result;
}

int tsn_qdisc_apply(const uint8_t *message, size_t bytes, char *error, size_t error_bytes) {
    int descriptor = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
    if (descriptor < 0) return -errno;
    int one = 1;
    setsockopt(descriptor, SOL_NETLINK, NETLINK_EXT_ACK, &one, sizeof(one));
    setsockopt(descriptor, SOL_NETLINK, NETLINK_CAP_ACK, &one, sizeof(one));
    struct timeval patience = {.tv_sec = 5};
    setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    union {
        struct nlmsghdr header;
        uint8_t bytes[4096];
    } answer;
    int result = -EIO;
    ssize_t got = send(descriptor, message, bytes, 0) < 0 ? -1 : recv(descriptor, &answer, sizeof(answer), 0);
    if (got < 0) result = -errno;
    const char *sentence = NULL;
    if (got >= (ssize_t)NLMSG_LENGTH(sizeof(struct nlmsgerr)) && answer.header.nlmsg_type == NLMSG_ERROR) {
        const struct nlmsgerr *status = NLMSG_DATA(&answer.header);
        result = status->error;
        sentence = sentence_of(&answer.header, status);
    }
    if (result) snprintf(error, error_bytes, "%s", sentence ? sentence : strerror(-result));
    close(descriptor);
    return result;
}
