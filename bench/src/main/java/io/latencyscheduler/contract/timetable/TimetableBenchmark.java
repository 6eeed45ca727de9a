package io.latencyscheduler.contract.timetable;

import io.latencyscheduler.contract.StreamDemand;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** What one more stream costs on a port that is as full as it gets. */
@State(Scope.Thread)
@Fork(1)
@Warmup(iterations = 2, time = 1)
@Measurement(iterations = 3, time = 1)
@BenchmarkMode(Mode.SampleTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
public class TimetableBenchmark {
    private static final int QUESTIONS = 1_024;

    /** Name of a {@link Scenario}. */
    @Param({
        "STREAMS_60_1G_HARMONIC",
        "STREAMS_130_1G_HARMONIC",
        "STREAMS_300_1G_DECIMAL",
        "STREAMS_100_1G_IRREGULAR",
        "STREAMS_300_10G_HARMONIC",
        "STREAMS_1700_10G_DECIMAL",
        "STREAMS_300_10G_IRREGULAR"
    })
    public String scenario = "";

    private Timetable timetable = new Timetable(new PortTiming(1, 0, 0, 0));
    private final List<List<StreamDemand>> questions = new ArrayList<>();
    private int next;

    /** Fills the port. */
    @Setup
    public void fill() {
        Scenario chosen = Scenario.valueOf(scenario);
        timetable = chosen.filled(7);
        Random random = new Random(8);
        for (int i = 0; i < QUESTIONS; i++) {
            questions.add(List.of(chosen.next(random)));
        }
    }

    private List<StreamDemand> question() {
        next = (next + 1) % QUESTIONS;
        return questions.get(next);
    }

    /** A filter's question: whether it fits. */
    @Benchmark
    public boolean fits() {
        return timetable.fits(question());
    }

    /** Reserve's question: whether and where. */
    @Benchmark
    public Admission admit() {
        return timetable.admit(question());
    }

    /** A pod that comes and goes: admission, windows taken and given back. */
    @Benchmark
    public Timetable admitAddRemove() {
        if (timetable.admit(question()) instanceof Admission.Admitted admitted) {
            timetable.add("newcomer", admitted.windows().get(0));
            timetable.remove("newcomer");
        }
        return timetable;
    }
}
