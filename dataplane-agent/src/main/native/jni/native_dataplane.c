/*
 * The native calls of NativeDataplane.java: arguments in, engine.h called, errno out. No Java object outlives a call, no
 * native thread ever enters the JVM.
 */
#include "core/outcome.h"
#include "engine/engine.h"

#include <errno.h>
#include <jni.h>
#include <stdlib.h>
#include <string.h>
#include <sys/timex.h>

enum { STREAM_NUMBERS = 9, STREAMS_MAX = 32, MACS_MAX = 8, MAC_BYTES = 6 };

/* UTF-8 of a Java string; NULL when it is null or memory is short (an exception is then pending). */
struct text {
    jstring string;
    const char *utf8;
};

static struct text text_of(JNIEnv *env, jstring string) {
    struct text text = {string, string ? (*env)->GetStringUTFChars(env, string, NULL) : NULL};
    return text;
}

static void text_end(JNIEnv *env, struct text text) {
    if (text.utf8) (*env)->ReleaseStringUTFChars(env, text.string, text.utf8);
}

static struct tsn_engine *engine_of(jlong handle) { return (struct tsn_engine *)(intptr_t)handle; }

static void say(JNIEnv *env, jbyteArray into, const struct tsn_error *error) {
    jsize room = (*env)->GetArrayLength(env, into);
    jsize length = (jsize)strnlen(error->text, sizeof(error->text) - 1) + 1;
    (*env)->SetByteArrayRegion(env, into, 0, length < room ? length : room, (const jbyte *)error->text);
}

static jint abi(JNIEnv *env, jclass type) {
    (void)env, (void)type;
    return (jint)TSN_ENGINE_ABI;
}

static jobjectArray outcome_names(JNIEnv *env, jclass type) {
    (void)type;
    jclass string = (*env)->FindClass(env, "java/lang/String");
    if (!string) return NULL;
    jobjectArray names = (*env)->NewObjectArray(env, TSN_OUTCOME_COUNT, string, NULL);
    for (jsize i = 0; names && i < TSN_OUTCOME_COUNT; i++) {
        jstring name = (*env)->NewStringUTF(env, tsn_outcome_name((enum tsn_outcome)i));
        if (!name) return NULL;
        (*env)->SetObjectArrayElement(env, names, i, name);
        (*env)->DeleteLocalRef(env, name);
    }
    return names;
}

static jlong create(JNIEnv *env, jclass type, jlong tai_minus_utc_ns, jint processes, jint streams, jstring dpdk_library,
                    jstring eal_arguments, jboolean check_cgroup, jbyteArray error_bytes) {
    (void)type;
    struct text library = text_of(env, dpdk_library);
    struct text eal = text_of(env, eal_arguments);
    int status = -ENOMEM;
    struct tsn_engine *engine = NULL;
    if (library.utf8 && eal.utf8) {
        struct tsn_engine_config config = {
            .tai_minus_utc_ns = tai_minus_utc_ns,
            .max_processes_per_pod = (uint32_t)processes,
            .max_streams_per_port = (uint32_t)streams,
            .dpdk_library = *library.utf8 ? library.utf8 : NULL,
            .dpdk_eal_arguments = *eal.utf8 ? eal.utf8 : NULL,
            .check_cgroup = check_cgroup ? 1 : 0,
        };
        struct tsn_error error = {{0}};
        status = tsn_engine_create(&config, &engine, &error);
        if (status < 0) say(env, error_bytes, &error);
    }
    text_end(env, eal);
    text_end(env, library);
    return status < 0 ? status : (jlong)(intptr_t)engine;
}

static void destroy(JNIEnv *env, jclass type, jlong engine) {
    (void)env, (void)type;
    tsn_engine_destroy(engine_of(engine));
}

static jint open_port(JNIEnv *env, jclass type, jlong engine, jstring name, jstring backend, jstring device,
                      jlong link_rate_bps, jint overhead_bytes, jint max_frame_bytes, jint vlan_id, jint cpu,
                      jboolean spin, jboolean best_effort, jstring kernel_interface, jlong launch_ahead_ns,
                      jbyteArray error_bytes) {
    (void)type;
    struct text name_text = text_of(env, name);
    struct text backend_text = text_of(env, backend);
    struct text device_text = text_of(env, device);
    struct text kernel_text = text_of(env, kernel_interface);
    int status = -ENOMEM;
    if (name_text.utf8 && backend_text.utf8 && device_text.utf8 && kernel_text.utf8) {
        struct tsn_engine_port_config config = {
            .name = name_text.utf8,
            .backend = backend_text.utf8,
            .device = device_text.utf8,
            .kernel_interface = *kernel_text.utf8 ? kernel_text.utf8 : NULL,
            .link_rate_bps = (uint64_t)link_rate_bps,
            .overhead_bytes = (uint32_t)overhead_bytes,
            .max_frame_bytes = (uint32_t)max_frame_bytes,
            .launch_ahead_ns = (uint32_t)launch_ahead_ns,
            .vlan_id = vlan_id,
            .cpu = cpu,
            .spin = spin ? 1 : 0,
            .best_effort = best_effort ? 1 : 0,
            .deliver_locally = 1,
            .admin_gate_states = 1,
        };
        struct tsn_error error = {{0}};
        status = tsn_engine_open_port(engine_of(engine), &config, &error);
        if (status < 0) say(env, error_bytes, &error);
    }
    text_end(env, kernel_text);
    text_end(env, device_text);
    text_end(env, backend_text);
    text_end(env, name_text);
    return status;
}

static jint close_port(JNIEnv *env, jclass type, jlong engine, jstring name, jbyteArray error_bytes) {
    (void)type;
    struct text name_text = text_of(env, name);
    if (!name_text.utf8) return -ENOMEM;
    struct tsn_error error = {{0}};
    int status = tsn_engine_close_port(engine_of(engine), name_text.utf8, &error);
    if (status < 0) say(env, error_bytes, &error);
    text_end(env, name_text);
    return status;
}

static jint set_gates(JNIEnv *env, jclass type, jlong engine, jstring port, jlong base_time_ns, jlong cycle_time_ns,
                      jlong cycle_time_extension_ns, jintArray operations, jintArray gate_states, jlongArray intervals_ns,
                      jbyteArray error_bytes) {
    (void)type;
    jsize count = (*env)->GetArrayLength(env, intervals_ns);
    if (count != (*env)->GetArrayLength(env, operations) || count != (*env)->GetArrayLength(env, gate_states))
        return -EINVAL;
    int status = -ENOMEM;
    struct text port_text = text_of(env, port);
    jint *operation = (*env)->GetIntArrayElements(env, operations, NULL);
    jint *states = (*env)->GetIntArrayElements(env, gate_states, NULL);
    jlong *interval = (*env)->GetLongArrayElements(env, intervals_ns, NULL);
    struct tsn_gate_entry *entries = calloc((size_t)count + 1, sizeof(*entries));
    if (port_text.utf8 && operation && states && interval && entries) {
        for (jsize i = 0; i < count; i++) {
            entries[i].operation = (enum tsn_gate_operation)operation[i];
            entries[i].gate_states = (uint8_t)states[i];
            /* 0 is refused by the engine, so a value that does not fit is not cut to one that does. */
            entries[i].interval_ns = interval[i] > 0 && interval[i] <= UINT32_MAX ? (uint32_t)interval[i] : 0;
        }
        struct tsn_gate_list list = {
            .base_time_ns = base_time_ns,
            .cycle_time_ns = cycle_time_ns,
            .cycle_time_extension_ns = cycle_time_extension_ns,
            .entry_count = (uint32_t)count,
            .entries = entries,
        };
        struct tsn_error error = {{0}};
        status = tsn_engine_set_gates(engine_of(engine), port_text.utf8, &list, &error);
        if (status < 0) say(env, error_bytes, &error);
    }
    free(entries);
    if (interval) (*env)->ReleaseLongArrayElements(env, intervals_ns, interval, JNI_ABORT);
    if (states) (*env)->ReleaseIntArrayElements(env, gate_states, states, JNI_ABORT);
    if (operation) (*env)->ReleaseIntArrayElements(env, operations, operation, JNI_ABORT);
    text_end(env, port_text);
    return status;
}

static struct text element(JNIEnv *env, jobjectArray array, jsize index) {
    return text_of(env, (jstring)(*env)->GetObjectArrayElement(env, array, index));
}

static jint put_pod(JNIEnv *env, jclass type, jlong engine, jstring uid, jstring socket, jobjectArray streams,
                    jobjectArray ports, jlongArray numbers, jbyteArray macs, jbyteArray error_bytes) {
    (void)type;
    jsize count = (*env)->GetArrayLength(env, streams);
    if (count > STREAMS_MAX || count != (*env)->GetArrayLength(env, ports) ||
        count * STREAM_NUMBERS != (*env)->GetArrayLength(env, numbers))
        return -EINVAL;
    jsize mac_bytes = (*env)->GetArrayLength(env, macs);
    jbyte mac[MACS_MAX * MAC_BYTES] = {0};
    if (mac_bytes % MAC_BYTES != 0 || mac_bytes > (jsize)sizeof(mac)) return -EINVAL;
    (*env)->GetByteArrayRegion(env, macs, 0, mac_bytes, mac);
    int status = -ENOMEM;
    /* Without this a pod of many streams has more local references than a native frame is promised. */
    if ((*env)->EnsureLocalCapacity(env, 2 * STREAMS_MAX + 8) != JNI_OK) return status;
    struct text uid_text = text_of(env, uid);
    struct text socket_text = text_of(env, socket);
    struct text names[STREAMS_MAX] = {{0}};
    struct text port_names[STREAMS_MAX] = {{0}};
    struct tsn_engine_stream_config configs[STREAMS_MAX] = {{0}};
    jlong *number = (*env)->GetLongArrayElements(env, numbers, NULL);
    int complete = uid_text.utf8 && socket_text.utf8 && number;
    for (jsize i = 0; complete && i < count; i++) {
        names[i] = element(env, streams, i);
        port_names[i] = element(env, ports, i);
        complete = names[i].utf8 && port_names[i].utf8;
        const jlong *of = number + i * STREAM_NUMBERS;
        configs[i] = (struct tsn_engine_stream_config){
            .name = names[i].utf8,
            .port = port_names[i].utf8,
            .period_ns = (uint64_t)of[0],
            .deadline_ns = (uint64_t)of[1],
            .offset_ns = (uint64_t)of[2],
            .window_ns = (uint64_t)of[3],
            .window_period_ns = (uint64_t)of[4],
            .frame_bytes = (uint32_t)of[5],
            .phase = (uint8_t)of[6],
            .traffic_class = (uint8_t)of[7],
            .late_policy = (uint8_t)of[8],
        };
    }
    if (complete) {
        struct tsn_engine_pod_config pod = {
            .uid = uid_text.utf8,
            .socket = socket_text.utf8,
            .macs = (const uint8_t *)mac,
            .mac_count = (uint32_t)mac_bytes / MAC_BYTES,
            .owner_uid = -1,
            .streams = configs,
            .stream_count = (uint32_t)count,
        };
        struct tsn_error error = {{0}};
        status = tsn_engine_put_pod(engine_of(engine), &pod, &error);
        if (status < 0) say(env, error_bytes, &error);
    }
    for (jsize i = 0; i < count; i++) {
        text_end(env, port_names[i]);
        text_end(env, names[i]);
    }
    if (number) (*env)->ReleaseLongArrayElements(env, numbers, number, JNI_ABORT);
    text_end(env, socket_text);
    text_end(env, uid_text);
    return status;
}

static jint remove_pod(JNIEnv *env, jclass type, jlong engine, jstring uid, jbyteArray error_bytes) {
    (void)type;
    struct text uid_text = text_of(env, uid);
    if (!uid_text.utf8) return -ENOMEM;
    struct tsn_error error = {{0}};
    int status = tsn_engine_remove_pod(engine_of(engine), uid_text.utf8, &error);
    if (status < 0) say(env, error_bytes, &error);
    text_end(env, uid_text);
    return status;
}

static jobject stats(JNIEnv *env, jclass type, jlong engine) {
    (void)type;
    size_t bytes = 0;
    const void *page = tsn_engine_stats(engine_of(engine), &bytes);
    return (*env)->NewDirectByteBuffer(env, (void *)(uintptr_t)page, (jlong)bytes);
}

static jint backend_available(JNIEnv *env, jclass type, jlong engine, jstring backend, jbyteArray error_bytes) {
    (void)type;
    struct text backend_text = text_of(env, backend);
    if (!backend_text.utf8) return -ENOMEM;
    struct tsn_error error = {{0}};
    int status = tsn_engine_backend_available(engine_of(engine), backend_text.utf8, &error);
    if (status < 0) say(env, error_bytes, &error);
    text_end(env, backend_text);
    return status;
}

static jlongArray kernel_clock(JNIEnv *env, jclass type) {
    (void)type;
    struct timex state = {0};
    int status = adjtimex(&state);
    jlong values[3] = {
        status >= 0 && status != TIME_ERROR && !(state.status & STA_UNSYNC),
        status < 0 ? -1 : (jlong)state.maxerror * 1000,
        state.tai,
    };
    jlongArray answer = (*env)->NewLongArray(env, 3);
    if (answer) (*env)->SetLongArrayRegion(env, answer, 0, 3, values);
    return answer;
}

#define STRING "Ljava/lang/String;"

static const JNINativeMethod methods[] = {
    {"abi", "()I", (void *)abi},
    {"outcomeNames", "()[" STRING, (void *)outcome_names},
    {"create", "(JII" STRING STRING "Z[B)J", (void *)create},
    {"destroy", "(J)V", (void *)destroy},
    {"openPort", "(J" STRING STRING STRING "JIIIIZZ" STRING "J[B)I", (void *)open_port},
    {"closePort", "(J" STRING "[B)I", (void *)close_port},
    {"setGates", "(J" STRING "JJJ[I[I[J[B)I", (void *)set_gates},
    {"putPod", "(J" STRING STRING "[" STRING "[" STRING "[J[B[B)I", (void *)put_pod},
    {"removePod", "(J" STRING "[B)I", (void *)remove_pod},
    {"stats", "(J)Ljava/nio/ByteBuffer;", (void *)stats},
    {"backendAvailable", "(J" STRING "[B)I", (void *)backend_available},
    {"kernelClock", "()[J", (void *)kernel_clock},
};

JNIEXPORT jint JNICALL JNI_OnLoad(JavaVM *vm, void *reserved) {
    (void)reserved;
    JNIEnv *env = NULL;
    if ((*vm)->GetEnv(vm, (void **)&env, JNI_VERSION_1_8) != JNI_OK) return JNI_ERR;
    jclass type = (*env)->FindClass(env, "io/latencyscheduler/dataplane/jni/NativeDataplane");
    if (!type) return JNI_ERR;
    jint count = (jint)(sizeof(methods) / sizeof(methods[0]));
    if ((*env)->RegisterNatives(env, type, methods, count) != JNI_OK) return JNI_ERR;
    return JNI_VERSION_1_8;
}
