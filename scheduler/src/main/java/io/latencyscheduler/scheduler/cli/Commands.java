package io.latencyscheduler.scheduler.cli;

import java.io.PrintWriter;
import java.util.List;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/** The subcommands of {@code latency-scheduler.jar}. Without one the jar is the scheduler itself. */
@Command(
        name = "latency-scheduler",
        mixinStandardHelpOptions = true,
        description = "Tools beside the scheduler; without a subcommand the scheduler starts.",
        subcommands = TimetableCommand.class)
public final class Commands {
    private Commands() {}

    /** Whether the arguments name a subcommand, so that {@link #run} is to be called instead of starting the scheduler. */
    public static boolean handle(List<String> arguments) {
        return !arguments.isEmpty()
                && new CommandLine(new Commands()).getSubcommands().containsKey(arguments.get(0));
    }

    /** Runs a subcommand; returns the exit code of the process. */
    public static int run(List<String> arguments, PrintWriter out, PrintWriter err) {
        return new CommandLine(new Commands())
                .setOut(out)
                .setErr(err)
                .setExecutionExceptionHandler((failure, command, parsed) -> {
                    command.getErr().println(command.getCommandName() + ": " + failure.getMessage());
                    return CommandLine.ExitCode.SOFTWARE;
                })
                .execute(arguments.toArray(String[]::new));
    }
}
