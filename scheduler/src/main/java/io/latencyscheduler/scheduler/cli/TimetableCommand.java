package io.latencyscheduler.scheduler.cli;

import io.latencyscheduler.contract.Fault;
import io.latencyscheduler.contract.Reading;
import io.latencyscheduler.contract.timetable.GateParameterTable;
import io.latencyscheduler.contract.timetable.TaprioNotation;
import io.latencyscheduler.kube.Json;
import io.latencyscheduler.kube.Yaml;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code latency-scheduler timetable}: whether streams fit a port, and how, without a cluster. */
@Command(
        name = "timetable",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = {
            "Places periodic streams on one port: their windows, the gate control list and a picture, or why they do"
                    + " not fit.",
            "",
            "The file is YAML or JSON:",
            "  port: {name: uplink0, linkRate: 1gbit, guard: 1us}",
            "  streams:",
            "  - {name: plc, period: 1ms, deadline: 250us, frameBytes: 1522}",
            "Further keys of port: overheadBytes, maxSduBytes, periods, classes, reserved, gates, lengthAware; of a"
                    + " stream: phase, jitter, trafficClass."
        },
        exitCodeListHeading = "Exit codes:%n",
        exitCodeList = {"0:all streams fit", "1:some do not", "2:the file or the options are wrong"})
final class TimetableCommand implements Callable<Integer> {
    /** What is printed. */
    enum Format {
        text,
        json,
        tc,
        yang
    }

    @Spec
    @SuppressWarnings("NullAway.Init")
    private CommandSpec spec;

    @Parameters(index = "0", paramLabel = "FILE", description = "The streams and the port; - reads standard input.")
    private String file = "-";

    @Option(
            names = {"-o", "--output"},
            paramLabel = "FORMAT",
            description = "${COMPLETION-CANDIDATES}: tc is the command that installs the list, yang its"
                    + " ieee802-dot1q-sched JSON. Default: ${DEFAULT-VALUE}")
    private Format format = Format.text;

    @Option(names = "--svg", paramLabel = "FILE", description = "Draw the windows and gates of one cycle there.")
    private @Nullable Path svg;

    @Override
    public Integer call() throws IOException {
        PrintWriter err = spec.commandLine().getErr();
        Object tree;
        try {
            tree = Yaml.read(text());
        } catch (NoSuchFileException missing) {
            err.println("timetable: " + file + ": no such file");
            return 2;
        } catch (IllegalArgumentException malformed) {
            err.println("timetable: " + file + ": " + malformed.getMessage());
            return 2;
        }
        Reading<TimetableFile> reading = TimetableFile.read(tree);
        if (!reading.ok()) {
            for (Fault fault : reading.faults()) {
                err.println("timetable: " + file + ": " + fault.sentence());
            }
            return 2;
        }
        TimetableResult result = TimetableResult.of(reading.value());
        print(result);
        if (svg != null) {
            Files.writeString(svg, TimetablePicture.svg(result));
        }
        return result.refused().isEmpty() ? 0 : 1;
    }

    private String text() throws IOException {
        return file.equals("-")
                ? new String(System.in.readAllBytes(), StandardCharsets.UTF_8)
                : Files.readString(Path.of(file));
    }

    private void print(TimetableResult result) {
        PrintWriter out = spec.commandLine().getOut();
        switch (format) {
            case text -> out.print(TimetableReport.text(result));
            case json -> out.println(Json.text(TimetableReport.tree(result)));
            case yang ->
                out.println(Json.text(GateParameterTable.tree(result.gates().list())));
            case tc ->
                out.println(
                        TaprioNotation.of(result.file().name(), result.gates().list())
                                .command());
        }
        if (format == Format.tc || format == Format.yang) {
            result.refused().forEach(refused -> spec.commandLine().getErr().println(refused.sentence()));
        }
        out.flush();
    }
}
