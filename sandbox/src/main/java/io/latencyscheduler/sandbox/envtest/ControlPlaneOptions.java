package io.latencyscheduler.sandbox.envtest;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * What a {@link ControlPlane} is started with.
 *
 * @param assets folder with the programs
 * @param users who may log in beside the administrator, by static token
 * @param scheduler whether kube-scheduler runs too
 * @param controllerManager whether kube-controller-manager runs too
 * @param clientQps requests per second that kube-scheduler and kube-controller-manager may send; bursts twice as long
 * @param apiServerFlags further flags of kube-apiserver, such as {@code --enable-admission-plugins=NodeRestriction}
 */
public record ControlPlaneOptions(
        Path assets,
        List<User> users,
        boolean scheduler,
        boolean controllerManager,
        int clientQps,
        List<String> apiServerFlags) {
    private static final int CLIENT_QPS = 50;

    /** Somebody with a static token. Kubernetes grants rights by name and groups through RBAC. */
    public record User(String name, String token, List<String> groups) {
        public User {
            groups = List.copyOf(groups);
            if (name.isBlank() || token.isBlank() || (name + token + groups).contains("\"")) {
                throw new IllegalArgumentException(
                        "user '" + name + "' needs a name and a token, neither with a double quote");
            }
        }
    }

    public ControlPlaneOptions {
        users = List.copyOf(users);
        apiServerFlags = List.copyOf(apiServerFlags);
        if (clientQps < 1) {
            throw new IllegalArgumentException("client QPS " + clientQps + " must be at least 1");
        }
    }

    /** etcd and kube-apiserver alone, from the folder that {@code KUBEBUILDER_ASSETS} names. */
    public static ControlPlaneOptions fromEnvironment() {
        return new ControlPlaneOptions(Assets.fromEnvironment(), List.of(), false, false, CLIENT_QPS, List.of());
    }

    public ControlPlaneOptions withUser(String name, String token, String... groups) {
        List<User> all = new ArrayList<>(users);
        all.add(new User(name, token, List.of(groups)));
        return new ControlPlaneOptions(assets, all, scheduler, controllerManager, clientQps, apiServerFlags);
    }

    public ControlPlaneOptions withScheduler() {
        return new ControlPlaneOptions(assets, users, true, controllerManager, clientQps, apiServerFlags);
    }

    public ControlPlaneOptions withControllerManager() {
        return new ControlPlaneOptions(assets, users, scheduler, true, clientQps, apiServerFlags);
    }

    public ControlPlaneOptions withClientQps(int qps) {
        return new ControlPlaneOptions(assets, users, scheduler, controllerManager, qps, apiServerFlags);
    }

    public ControlPlaneOptions withApiServerFlag(String flag) {
        List<String> all = new ArrayList<>(apiServerFlags);
        all.add(flag);
        return new ControlPlaneOptions(assets, users, scheduler, controllerManager, clientQps, all);
    }
}
