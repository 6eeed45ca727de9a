package io.latencyscheduler.sandbox.contract;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.UUID;
import org.junit.jupiter.api.BeforeEach;

/** A namespace of its own for each test, and short ways of making what it needs. */
abstract class Api {
    RawApi api;
    String namespace;
    String pods;

    /** The server under test. */
    abstract RawApi server();

    @BeforeEach
    void makeNamespace() {
        api = server();
        namespace = "t-" + UUID.randomUUID().toString().substring(0, 8);
        assertThat(api.post("/api/v1/namespaces", "{'metadata':{'name':'" + namespace + "'}}")
                        .code())
                .isEqualTo(201);
        pods = "/api/v1/namespaces/" + namespace + "/pods";
    }

    static String pod(String name) {
        return pod(name, "{}");
    }

    static String pod(String name, String labels) {
        return "{'apiVersion':'v1','kind':'Pod','metadata':{'name':'" + name + "','labels':" + labels
                + "},'spec':{'containers':[{'name':'main','image':'registry.example/app:1'}]}}";
    }

    static String binding(String pod, String node) {
        return "{'apiVersion':'v1','kind':'Binding','metadata':{'name':'" + pod
                + "','annotations':{'latency-scheduler.io/allocation':'a','kept':'by-binding'}},"
                + "'target':{'apiVersion':'v1','kind':'Node','name':'" + node + "'}}";
    }

    RawApi.Answer makePod(String name) {
        RawApi.Answer answer = api.post(pods, pod(name));
        assertThat(answer.code()).as(answer.body().toString()).isEqualTo(201);
        return answer;
    }

    RawApi.Answer makePod(String name, String labels) {
        RawApi.Answer answer = api.post(pods, pod(name, labels));
        assertThat(answer.code()).as(answer.body().toString()).isEqualTo(201);
        return answer;
    }

    void bind(String pod, String node) {
        assertThat(api.post(pods + "/" + pod + "/binding", binding(pod, node)).code())
                .isEqualTo(201);
    }

    ObjectNode copy(RawApi.Answer answer) {
        return answer.body().deepCopy();
    }
}
