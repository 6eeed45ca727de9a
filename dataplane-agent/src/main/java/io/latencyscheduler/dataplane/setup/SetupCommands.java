package io.latencyscheduler.dataplane.setup;

import io.latencyscheduler.dataplane.engine.NativeEngine;
import io.latencyscheduler.dataplane.overlay.Commands;
import io.latencyscheduler.dataplane.ovs.OvsNetwork;
import io.latencyscheduler.dataplane.setup.judge.Finding;
import io.latencyscheduler.dataplane.setup.judge.Finding.Verdict;
import io.latencyscheduler.dataplane.setup.judge.HostFacts;
import io.latencyscheduler.dataplane.setup.judge.HostFacts.OpenVSwitch;
import io.latencyscheduler.dataplane.setup.judge.Judge;
import io.latencyscheduler.dataplane.setup.judge.Wishes;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** The subcommands {@code check}, {@code prepare} and {@code install-cni} of the agent's jar. */
@Command(
        name = "dataplane-agent",
        mixinStandardHelpOptions = true,
        subcommands = {SetupCommands.Check.class, SetupCommands.Prepare.class, InstallCni.class})
public final class SetupCommands {
    private static final Set<String> NAMES = Set.of("check", "prepare", "install-cni");

    /** Whether the arguments ask for one of the subcommands. */
    public static boolean asked(String... arguments) {
        return arguments.length > 0 && NAMES.contains(arguments[0]);
    }

    /** Runs it; the exit code: 0 all is as wanted, 1 something is missing or failed, 2 wrong arguments. */
    public static int run(Commands commands, PrintWriter out, PrintWriter err, String... arguments) {
        CommandLine line = new CommandLine(new SetupCommands(), new WithCommands(commands));
        line.setOut(out).setErr(err).setCaseInsensitiveEnumValuesAllowed(true);
        line.setExecutionExceptionHandler((failed, command, parsed) -> {
            command.getErr().println("dataplane-agent: " + failed.getMessage());
            return 1;
        });
        return line.execute(arguments);
    }

    /** Makes the subcommands, which run programs. */
    private record WithCommands(Commands commands) implements CommandLine.IFactory {
        @Override
        public <K> K create(Class<K> kind) throws Exception {
            if (kind == Prepare.class) {
                return kind.cast(new Prepare(commands));
            }
            if (kind == InstallCni.class) {
                return kind.cast(new InstallCni(NativeEngine.folder().resolve("tsn-cni")));
            }
            return CommandLine.defaultFactory().create(kind);
        }
    }

    /** What is wanted, on the command line. */
    static final class Options {
        @Option(
                names = "--hugepages",
                paramLabel = "N",
                defaultValue = "512",
                description = "2 MB hugepages to reserve (${DEFAULT-VALUE})")
        long hugepages;

        @Option(
                names = "--isolated-cpus",
                paramLabel = "LIST",
                defaultValue = "",
                description = "CPUs for poll threads, such as 2-3")
        String isolatedCpus = "";

        @Option(
                names = "--bind",
                paramLabel = "PCI",
                description = "a network device for DPDK, such as 0000:05:00.0; may be repeated")
        List<String> bind = List.of();

        @Option(names = "--ovs", description = "Open vSwitch with DPDK")
        boolean ovs;

        @Option(
                names = "--without-iommu",
                description = "let vfio work where there is no IOMMU: no memory is protected from devices")
        boolean withoutIommu;

        @Option(
                names = "--host-root",
                paramLabel = "DIR",
                defaultValue = "/",
                description = "folder with the host's proc and sys (${DEFAULT-VALUE})")
        Path hostRoot = Path.of("/");

        @Option(
                names = "--ovsdb",
                paramLabel = "SOCKET",
                defaultValue = "/var/run/openvswitch/db.sock",
                description = "database of Open vSwitch (${DEFAULT-VALUE})")
        Path ovsdb = Path.of("/var/run/openvswitch/db.sock");

        @Spec(Spec.Target.MIXEE)
        @SuppressWarnings("NullAway.Init")
        CommandSpec spec;

        PrintWriter out() {
            return spec.commandLine().getOut();
        }

        List<Finding> findings() {
            if (!isolatedCpus.matches("([0-9]{1,5}(-[0-9]{1,5})?(,[0-9]{1,5}(-[0-9]{1,5})?)*)?")) {
                throw new CommandLine.ParameterException(
                        spec.commandLine(), "--isolated-cpus: '" + isolatedCpus + "' must be a list such as 2-5,8");
            }
            OpenVSwitch openVSwitch = !Files.exists(ovsdb)
                    ? OpenVSwitch.ABSENT
                    : OvsNetwork.available(ovsdb) ? OpenVSwitch.DPDK : OpenVSwitch.PLAIN;
            HostFacts host = new HostReader(hostRoot).read(openVSwitch);
            return Judge.judge(host, new Wishes(hugepages, HostReader.cpus(isolatedCpus), bind, ovs, withoutIommu));
        }
    }

    private static String line(Finding finding) {
        String mark = switch (finding.verdict()) {
            case GOOD -> "ok      ";
            case TO_DO -> "missing ";
            case BY_HAND -> "by hand ";
            case REFUSED -> "refused ";
        };
        return mark + finding.topic() + ": " + finding.sentence();
    }

    @Command(
            name = "check",
            mixinStandardHelpOptions = true,
            description = "Says what this node lacks, each with the fix. Changes nothing.")
    static final class Check implements Callable<Integer> {
        @Mixin
        Options options = new Options();

        @Override
        public Integer call() {
            List<Finding> findings = options.findings();
            findings.forEach(finding -> options.out().println(line(finding)));
            return findings.stream().allMatch(finding -> finding.verdict() == Verdict.GOOD) ? 0 : 1;
        }
    }

    @Command(
            name = "prepare",
            mixinStandardHelpOptions = true,
            description = "Does what check calls missing; --undo takes it back.")
    static final class Prepare implements Callable<Integer> {
        @Mixin
        Options options = new Options();

        @Option(names = "--undo", description = "take back what prepare did, the last first")
        boolean undo;

        @Option(
                names = "--journal",
                paramLabel = "FILE",
                defaultValue = "/var/lib/latency-scheduler/prepare.json",
                description = "how to undo what was done (${DEFAULT-VALUE})")
        Path journal = Path.of("/var/lib/latency-scheduler/prepare.json");

        private final Commands commands;

        Prepare(Commands commands) {
            this.commands = commands;
        }

        @Override
        public Integer call() throws IOException {
            Doer doer = new Doer(options.hostRoot, journal, commands);
            return undo ? undoAll(doer) : prepare(doer);
        }

        private int undoAll(Doer doer) throws IOException {
            for (String topic : doer.undoable()) {
                doer.undoLast();
                options.out().println("undone  " + topic);
            }
            return 0;
        }

        /** A device that must not be touched stops everything before anything is done. */
        private int prepare(Doer doer) throws IOException {
            List<Finding> findings = options.findings();
            boolean refused = findings.stream().anyMatch(finding -> finding.verdict() == Verdict.REFUSED);
            boolean allGood = !refused;
            for (Finding finding : findings) {
                if (finding.verdict() == Verdict.TO_DO && !refused) {
                    doer.carryOut(finding);
                    options.out().println("done    " + finding.topic());
                } else {
                    options.out().println(line(finding));
                    allGood &= finding.verdict() == Verdict.GOOD;
                }
            }
            if (refused) {
                options.out().println("nothing was changed");
            }
            return allGood ? 0 : 1;
        }
    }
}
