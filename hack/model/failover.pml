/*
 * Binding, ledger and failover, with one port for several pods: the rules of the scheduler in the smallest form in which
 * they can be checked for every order of events. Actions are named as the methods that do them.
 *
 * Checked always: the node's agent has the port handed to one pod at a time, a leader that has not listed decides nothing,
 * and nothing comes to a stop while a pod still waits.
 * Checked unless LATE is defined: the API server never has two pods with the port. LATE lets a binding arrive after the
 * lease has moved on, which no lease can exclude; then the agent decides, and the other pod is evicted.
 *
 * Mutations, each of which must fail: NO_RELIST (a new leader decides on what it knew), NO_PERMIT (leadership is not asked
 * for before a binding leaves), ANY_TERM (a decision of an earlier term is sent in a later one), FORGET_ON_TIMEOUT (an unanswered binding is forgotten unseen), HAND_OVER_AT_ONCE (the
 * agent does not wait for the former owner's end).
 */
#define SCHEDULERS 2
#ifndef PODS
#define PODS 3
#endif
#ifndef FAULTS
#define FAULTS 2
#endif
#define NOBODY 9

#define PENDING 0
#define BOUND 1
#define GONE 2

#define NO_ANSWER 0
#define YES 1
#define CONFLICT 2
#define UNKNOWN 3

/* The API server: pods in their only truth, and the lease. */
byte pod[PODS];
byte boundAt[PODS];
byte version;
byte holder = NOBODY;
byte term;

/* On the way: what was sent in time, and what is held up. */
byte request[SCHEDULERS];
byte late[SCHEDULERS];
byte answer[SCHEDULERS];

/* Each scheduler: its clock's word on leadership, its picture, its ledger. */
bool leading[SCHEDULERS];
bool restarted[SCHEDULERS];
bool caughtUp[SCHEDULERS];
byte binding[SCHEDULERS];
byte decidedIn[SCHEDULERS];
bool sent[SCHEDULERS];
typedef Picture { byte pod[PODS]; bool assumed[PODS] }
Picture seen[SCHEDULERS];

/* The node's agent. */
bool installed[PODS];

byte faults;
byte i;

#define KNOWS(s, p) seen[s].pod[p]
#define TAKEN(s, p) (KNOWS(s, p) == BOUND || seen[s].assumed[p])
#define OTHER_OWNS(p, q) (pod[q] == BOUND && (installed[q] || boundAt[q] < boundAt[p]))
#ifdef HAND_OVER_AT_ONCE
#define IN_THE_WAY(p, q) OTHER_OWNS(p, q)
#else
#define IN_THE_WAY(p, q) (OTHER_OWNS(p, q) || (pod[q] == GONE && installed[q]))
#endif
#if PODS > 2
#define PORT_IS_FREE(s) (!TAKEN(s, 0) && !TAKEN(s, 1) && !TAKEN(s, 2))
#define ALL_GONE (pod[0] == GONE && pod[1] == GONE && pod[2] == GONE)
#define BLOCKED(p) (IN_THE_WAY(p, (p + 1) % 3) || IN_THE_WAY(p, (p + 2) % 3))
#define OWNED(q) (pod[q] == BOUND && installed[q])
#define REFUSED(p) (OWNED((p + 1) % 3) || OWNED((p + 2) % 3))
#else
#define PORT_IS_FREE(s) (!TAKEN(s, 0) && !TAKEN(s, 1))
#define ALL_GONE (pod[0] == GONE && pod[1] == GONE)
#define BLOCKED(p) IN_THE_WAY(p, 1 - p)
#define REFUSED(p) (pod[1 - p] == BOUND && installed[1 - p])
#endif
#ifdef LATE
/* What is held up may land after the lease moved on, and after its sender looked. */
#define NOTHING_ON_THE_WAY(s) true
#else
#define NOTHING_ON_THE_WAY(s) (request[s] == NOBODY && late[s] == NOBODY)
#endif
#ifdef FORGET_ON_TIMEOUT
#define MAY_LOOK(s) true
#else
#define MAY_LOOK(s) NOTHING_ON_THE_WAY(s)
#endif
#ifdef NO_PERMIT
#define PERMIT_HOLDS(s) true
#elif defined(ANY_TERM)
#define PERMIT_HOLDS(s) leading[s]
#else
#define PERMIT_HOLDS(s) (leading[s] && decidedIn[s] == term)
#endif
#ifdef NO_RELIST
#define KNOWS_ENOUGH true
#else
#define KNOWS_ENOUGH false
#endif

inline countBound(count) {
    count = 0;
    for (i : 0 .. PODS - 1) { if :: pod[i] == BOUND -> count++ :: else fi };
    i = 0
}

inline countInstalled(count) {
    count = 0;
    for (i : 0 .. PODS - 1) { if :: installed[i] -> count++ :: else fi };
    i = 0
}

/* Undo in reverse order; the pod is queued again unless it is bound or gone. */
inline abandon(s) {
    seen[s].assumed[binding[s]] = false;
    binding[s] = NOBODY;
    sent[s] = false;
    decidedIn[s] = 0;
    answer[s] = NO_ANSWER
}

/* The server binds a pod that is not bound, and refuses with 409 otherwise. */
inline land(p, landed) {
    landed = (pod[p] == PENDING);
    if
    :: landed ->
        pod[p] = BOUND;
        version++;
        boundAt[p] = version;
        countBound(count);
#ifndef LATE
        assert(count <= 1);
#endif
        count = 0
    :: else -> skip
    fi
}

/* Scheduler.scheduleOne: decide, reserve, assume. */
#define SCHEDULE_ONE(s, p) leading[s] && caughtUp[s] && binding[s] == NOBODY && PORT_IS_FREE(s) && KNOWS(s, p) == PENDING -> seen[s].assumed[p] = true; binding[s] = p; decidedIn[s] = term

/* The watch tells, at its own time, pod by pod. */
#define TELL(s, p) KNOWS(s, p) != pod[p] -> KNOWS(s, p) = pod[p]

proctype Scheduler(byte s) {
    do
    /* LeaseElector: others take the lease only when the holder's own clock has ended its term, and its margin. */
    :: atomic { holder == NOBODY -> holder = s; leading[s] = true; caughtUp[s] = KNOWS_ENOUGH }
    :: atomic { holder == 1 - s && !leading[1 - s] && NOTHING_ON_THE_WAY(1 - s) ->
        holder = s; term++; leading[s] = true; restarted[s] = false; caughtUp[s] = KNOWS_ENOUGH }
    /* Renewed after a pause. A new process is not the holder, it waits for the lease to end as others do. */
    :: atomic { holder == s && !leading[s] && (!restarted[s] || NOTHING_ON_THE_WAY(s)) ->
        restarted[s] = false; leading[s] = true; caughtUp[s] = KNOWS_ENOUGH }
    :: atomic { leading[s] && faults > 0 -> faults--; leading[s] = false; caughtUp[s] = false } /* frozen or cut off */
    :: atomic { leading[s] && !caughtUp[s] -> /* ClusterWatches.relistAll */
        for (i : 0 .. PODS - 1) { KNOWS(s, i) = pod[i] };
        i = 0; caughtUp[s] = true }
    :: atomic { SCHEDULE_ONE(s, 0) }
    :: atomic { SCHEDULE_ONE(s, 1) }
#if PODS > 2
    :: atomic { SCHEDULE_ONE(s, 2) }
#endif
    /* ApiBinder.bindNow: asks for the permit right before the binding leaves. */
    :: atomic { binding[s] != NOBODY && !sent[s] && request[s] == NOBODY && late[s] == NOBODY && PERMIT_HOLDS(s) ->
        request[s] = binding[s]; sent[s] = true }
    :: atomic { binding[s] != NOBODY && !sent[s] && !PERMIT_HOLDS(s) -> abandon(s) }
    /* BindingCycle.finish. */
    :: atomic { answer[s] == YES -> KNOWS(s, binding[s]) = (KNOWS(s, binding[s]) == GONE -> GONE : BOUND); abandon(s) }
    :: atomic { answer[s] == CONFLICT -> KNOWS(s, binding[s]) = pod[binding[s]]; abandon(s) }
    /* ApiBinder.lookUp: an unknown outcome is read from the pod, once nothing can land any more. */
    :: atomic { answer[s] == UNKNOWN && MAY_LOOK(s) ->
#ifndef FORGET_ON_TIMEOUT
        KNOWS(s, binding[s]) = pod[binding[s]];
#endif
        abandon(s) }
    :: atomic { TELL(s, 0) }
    :: atomic { TELL(s, 1) }
#if PODS > 2
    :: atomic { TELL(s, 2) }
#endif
    /* kill -9: all that it knew is lost, what it sent is not. */
    :: atomic { faults > 0 && binding[s] != NOBODY && late[s] == NOBODY -> faults--;
        late[s] = request[s]; request[s] = NOBODY; abandon(s);
        leading[s] = false; caughtUp[s] = false; restarted[s] = true;
        for (i : 0 .. PODS - 1) { KNOWS(s, i) = PENDING; seen[s].assumed[i] = false };
        i = 0 }
    :: ALL_GONE -> break
    od
}

#define ANSWER(s) request[s] != NOBODY -> p = request[s]; request[s] = NOBODY; land(p, landed); answer[s] = (landed -> YES : CONFLICT); p = 0; landed = false
/* The answer is lost after the commit. */
#define LOSE_ANSWER(s) faults > 0 && answer[s] == YES -> faults--; answer[s] = UNKNOWN
/* The request is held up, and its sender gives up waiting. */
#define HOLD_UP(s) faults > 0 && request[s] != NOBODY && late[s] == NOBODY -> faults--; late[s] = request[s]; request[s] = NOBODY; answer[s] = UNKNOWN
/* What was held up lands, or never does; nobody is told. */
#define LAND_LATE(s) late[s] != NOBODY -> p = late[s]; late[s] = NOBODY; land(p, landed); p = 0; landed = false
#define NEVER_LAND(s) late[s] != NOBODY -> late[s] = NOBODY

proctype ApiServer() {
    byte p, count;
    bool landed;
    do
    :: atomic { ANSWER(0) }
    :: atomic { ANSWER(1) }
    :: atomic { LOSE_ANSWER(0) }
    :: atomic { LOSE_ANSWER(1) }
    :: atomic { HOLD_UP(0) }
    :: atomic { HOLD_UP(1) }
    :: atomic { LAND_LATE(0) }
    :: atomic { LAND_LATE(1) }
    :: atomic { NEVER_LAND(0) }
    :: atomic { NEVER_LAND(1) }
    :: ALL_GONE -> break
    od
}

/* Planner.plan: devices go to the earliest allocation, after the former owner's teardown; others are refused and evicted. */
#define INSTALL(p) pod[p] == BOUND && !installed[p] && !BLOCKED(p) -> installed[p] = true; countInstalled(count); assert(count <= 1); count = 0
#define EVICT(p) pod[p] == BOUND && !installed[p] && REFUSED(p) -> pod[p] = GONE
#define TEAR_DOWN(p) pod[p] == GONE && installed[p] -> installed[p] = false

proctype Agent() {
    byte count;
    do
    :: atomic { INSTALL(0) }
    :: atomic { INSTALL(1) }
    :: atomic { EVICT(0) }
    :: atomic { EVICT(1) }
    :: atomic { TEAR_DOWN(0) }
    :: atomic { TEAR_DOWN(1) }
#if PODS > 2
    :: atomic { INSTALL(2) }
    :: atomic { EVICT(2) }
    :: atomic { TEAR_DOWN(2) }
#endif
    :: ALL_GONE -> break
    od
}

/* A pod that runs ends some time. */
#define END(p) pod[p] == BOUND && installed[p] -> pod[p] = GONE

proctype Users() {
    do
    :: atomic { END(0) }
    :: atomic { END(1) }
#if PODS > 2
    :: atomic { END(2) }
#endif
    :: ALL_GONE -> break
    od
}

init {
    atomic {
        faults = FAULTS;
        for (i : 0 .. SCHEDULERS - 1) { request[i] = NOBODY; late[i] = NOBODY; binding[i] = NOBODY };
        i = 0;
        run Scheduler(0); run Scheduler(1); run ApiServer(); run Agent(); run Users()
    }
}
