package io.latencyscheduler.charts.node;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * The command that runs a container of the chart's images on this machine: a mount namespace whose root is this machine's
 * file system below a layer of its own, with the volumes at their places, read-only where the container says so, and the
 * user and capabilities that it is given.
 *
 * <p>What an image has below {@code /app} is the build's; the Java runtime is this machine's.
 */
final class ContainerCommand {
    /** Arguments: the folder of the new root, the user, "ro" or "rw", number of mounts, mounts (from, to, "ro" or "rw"), command. */
    private static final String SCRIPT = """
            set -e
            root=$1 user=$2 form=$3 mounts=$4; shift 4
            mount -t tmpfs tmpfs "$root"
            mkdir "$root/upper" "$root/work" "$root/all"
            mount -t overlay overlay -o "lowerdir=/,upperdir=$root/upper,workdir=$root/work" "$root/all"
            root=$root/all
            mount --rbind /proc "$root/proc"; mount --rbind /dev "$root/dev"; mount --rbind /sys "$root/sys"
            mount -t tmpfs tmpfs "$root/run"; mount -t tmpfs tmpfs "$root/tmp"
            while [ "$mounts" -gt 0 ]; do
              from=$1 to=$2 write=$3; shift 3; mounts=$((mounts - 1))
              if [ -d "$from" ]; then chroot "$root" mkdir -p "$to"; to=$root$(chroot "$root" realpath "$to"); mount --rbind "$from" "$to"
              else chroot "$root" mkdir -p "$(dirname "$to")"; chroot "$root" touch "$to"; to=$root$(chroot "$root" realpath "$to"); mount --bind "$from" "$to"; fi
              if [ "$write" = ro ]; then mount -o remount,bind,ro "$to"; fi
            done
            mount -o "remount,$form" "$root"
            if [ "$user" = privileged ]; then exec chroot "$root" env -i "$@"; fi
            exec chroot "$root" setpriv --reuid "$user" --regid "$user" --clear-groups --inh-caps=-all --bounding-set=-all \\
              --no-new-privs env -i "$@"
            """;

    private record Mount(Path from, String to, boolean readOnly) {}

    private final List<Mount> mounts = new ArrayList<>();
    private final JsonNode container;

    ContainerCommand(JsonNode container) {
        this.container = container;
    }

    ContainerCommand mount(Path from, String to, boolean readOnly) {
        mounts.add(new Mount(from, to, readOnly));
        return this;
    }

    /** @param root an empty folder; the mounts on it are the process's own and go with it */
    List<String> build(Path root, Map<String, String> environment, List<String> command) {
        JsonNode security = container.path("securityContext");
        String user = security.path("privileged").asBoolean()
                ? "privileged"
                : security.path("runAsUser").asText();
        if (security.path("runAsNonRoot").asBoolean() && user.equals("0")) {
            throw new IllegalStateException(
                    "container " + container.path("name").asText() + " must not run as root");
        }
        List<String> all = new ArrayList<>(List.of(
                "unshare",
                "--mount",
                "--propagation",
                "slave",
                "sh",
                "-c",
                SCRIPT,
                "sh",
                root.toString(),
                user,
                security.path("readOnlyRootFilesystem").asBoolean() ? "ro" : "rw",
                Integer.toString(mounts.size())));
        for (Mount mount : mounts) {
            all.addAll(List.of(mount.from().toString(), mount.to(), mount.readOnly() ? "ro" : "rw"));
        }
        environment.forEach((name, value) -> all.add(name + "=" + value));
        all.addAll(command);
        return all;
    }
}
