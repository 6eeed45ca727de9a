package io.latencyscheduler.scheduler.cli;

import java.io.PrintWriter;
import java.util.List;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** The subcommands of {@code latency-scheduler.jar}. Without one the jar is the scheduler itself. */
@Command(
        name = "latency-scheduler",
        mixinStandardHelpOptions = true,
        description = "Why pods are where they are, what would become of others, and what is left.",
        exitCodeListHeading = "Exit codes:%n",
        exitCodeList = {
            "0:yes: placed, fits, healthy",
            "1:no",
            "2:wrong options, or no such thing",
            "3:the cluster cannot be read"
        },
        subcommands = {
            ExplainCommand.class,
            WhatIfCommand.class,
            NodesCommand.class,
            GatesCommand.class,
            StatusCommand.class,
            SnapshotCommand.class,
            SimulateCommand.class,
            TimetableCommand.class,
            TrialCommand.class,
            CommandLine.HelpCommand.class
        })
public final class Commands implements Runnable {
    /** System property: how the user calls the tool. When set, the jar is never the scheduler itself. */
    public static final String CALLED = "latency-scheduler.called";

    @Spec
    @SuppressWarnings("NullAway.Init")
    private CommandSpec spec;

    Commands() {}

    /** Whether the arguments are for {@link #run}, instead of starting the scheduler. */
    public static boolean handle(List<String> arguments) {
        return System.getProperty(CALLED) != null
                || (!arguments.isEmpty()
                        && new CommandLine(new Commands()).getSubcommands().containsKey(arguments.get(0)));
    }

    /** Runs a subcommand; returns the exit code of the process. */
    public static int run(List<String> arguments, PrintWriter out, PrintWriter err) {
        return new CommandLine(new Commands())
                .setCommandName(System.getProperty(CALLED, "latency-scheduler"))
                .setOut(out)
                .setErr(err)
                .setExecutionExceptionHandler((failure, command, parsed) -> {
                    String sentence = failure.getMessage() == null ? failure.toString() : failure.getMessage();
                    command.getErr().println(command.getCommandName() + ": " + sentence);
                    return failure instanceof IllegalArgumentException
                            ? CommandLine.ExitCode.USAGE
                            : failure instanceof ClusterAccess.Unreachable
                                    ? ClusterAccess.Unreachable.EXIT_CODE
                                    : CommandLine.ExitCode.SOFTWARE;
                })
                .execute(arguments.toArray(String[]::new));
    }

    /** Without a subcommand. */
    @Override
    public void run() {
        spec.commandLine().usage(spec.commandLine().getOut());
    }
}
