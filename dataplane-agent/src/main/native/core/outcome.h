/*
 * Every end a frame can come to, once. C, Java, metrics and documents follow this list.
 *
 * A frame that was offered ends in exactly one of them:
 *     offered = queued now + handed over and not yet completed + sum of all counters.
 *
 * TSN_OUTCOMES(X) calls X(NAME, name, text): the enumerator TSN_<NAME>, its name in metrics and JSON, and a sentence
 * for people. The numbers are part of the statistics page and of the error ring: append, never reorder.
 */
#ifndef TSN_CORE_OUTCOME_H
#define TSN_CORE_OUTCOME_H

#define TSN_OUTCOMES(X)                                                                                     \
    X(SENT, sent, "left in time")                                                                           \
    X(SENT_LATE, sent_late, "left later than its launch time and tolerance")                                \
    X(DROPPED_LATE, dropped_late, "was handed over or reached too late for its launch time")                \
    X(GATE_MISSED, gate_missed, "was in time, but its gate stayed closed until it was too late")            \
    X(EARLY, early, "has a launch time too far ahead")                                                      \
    X(NO_WINDOW, no_window, "takes longer than any opening of its gate")                                    \
    X(TOO_LARGE, too_large, "is larger than the port or the queueMaxSDU of its class allows")               \
    X(POLICED_SIZE, policed_size, "is larger than its stream's contract")                                   \
    X(POLICED_RATE, policed_rate, "is one more than its stream's contract allows in this period")           \
    X(POLICED_WINDOW, policed_window, "has a launch time outside its stream's windows")                     \
    X(NO_STREAM, no_stream, "belongs to no stream of its pod, and its class takes no other frames")         \
    X(QUEUE_FULL, queue_full, "found its stream's or its port's queue full")                                \
    X(NO_BUFFER, no_buffer, "found no buffer of the port")                                                  \
    X(PORT_FULL, port_full, "was refused by the port's transmit ring until its time had passed")            \
    X(PORT_ERROR, port_error, "was refused by the port with an error")                                      \
    X(BAD_DESCRIPTOR, bad_descriptor, "has a descriptor or header that is not valid")                       \
    X(FLUSHED, flushed, "was queued when its stream, its port or the agent was stopped")

enum tsn_outcome {
#define TSN_OUTCOME_ENUM(NAME, name, text) TSN_##NAME,
    TSN_OUTCOMES(TSN_OUTCOME_ENUM)
#undef TSN_OUTCOME_ENUM
        TSN_OUTCOME_COUNT,
    /* Not an end: the frame is queued, or (in a burst) to be sent now. */
    TSN_QUEUED = TSN_OUTCOME_COUNT
};

/* Name in metrics and JSON ("sent_late"); "queued" for TSN_QUEUED, "unknown" for a number that is none. */
const char *tsn_outcome_name(enum tsn_outcome outcome);

/* What happened to the frame, to be read after "the frame …". */
const char *tsn_outcome_text(enum tsn_outcome outcome);

#endif
