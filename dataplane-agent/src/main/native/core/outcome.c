#include "core/outcome.h"

const char *tsn_outcome_name(enum tsn_outcome outcome) {
    switch (outcome) {
#define TSN_OUTCOME_NAME(NAME, name, text) \
    case TSN_##NAME: return #name;
        TSN_OUTCOMES(TSN_OUTCOME_NAME)
#undef TSN_OUTCOME_NAME
    case TSN_QUEUED: return "queued";
    }
    return "unknown";
}

const char *tsn_outcome_text(enum tsn_outcome outcome) {
    switch (outcome) {
#define TSN_OUTCOME_TEXT(NAME, name, text) \
    case TSN_##NAME: return text;
        TSN_OUTCOMES(TSN_OUTCOME_TEXT)
#undef TSN_OUTCOME_TEXT
    case TSN_QUEUED: return "is queued";
    }
    return "came to an unknown end";
}
