package io.latencyscheduler.scheduler.kube;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.latencyscheduler.kube.ApiVersions;
import io.latencyscheduler.kube.EventRecorder;
import io.latencyscheduler.kube.Resource;
import io.latencyscheduler.scheduler.fake.Pods;
import io.latencyscheduler.scheduler.framework.Verdict;
import io.latencyscheduler.scheduler.metrics.SchedulerMetrics;
import io.latencyscheduler.scheduler.model.PodInfo;
import io.latencyscheduler.scheduler.trace.Decision;
import io.latencyscheduler.scheduler.trace.DecisionLog;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

/** What machines read in the lines about a pod. */
class ApiReporterLogTest {
    private static final PodInfo POD = Pods.pod("web").uid("uid-web").info();
    private final Answers server = new Answers();
    private final Leadership leadership = Answers.alone();
    private final Evictor evictor =
            new Evictor(server, new ApiVersions("v1", Set.of("policy/v1")), leadership, Instant::now);
    private final ApiReporter reporter = new ApiReporter(
            server,
            evictor,
            new EventRecorder(server, Resource.EVENTS, "test", "test", Instant::now),
            leadership,
            new SchedulerMetrics(),
            new DecisionLog(1),
            Instant::now);
    private final Logger logger = (Logger) LoggerFactory.getLogger(ApiReporter.class);
    private final ListAppender<ILoggingEvent> lines = new ListAppender<>();

    @BeforeEach
    void listen() {
        lines.start();
        logger.addAppender(lines);
        logger.setLevel(Level.INFO);
    }

    @AfterEach
    void close() {
        logger.detachAppender(lines);
        logger.setLevel(null);
        reporter.close();
        evictor.close();
    }

    private static Map<String, Object> fields(ILoggingEvent line) {
        return line.getKeyValuePairs().stream().collect(Collectors.toMap(pair -> pair.key, pair -> pair.value));
    }

    @Test
    void shouldTellOfABindingWithUidAndAttempt() {
        reporter.scheduled(POD, "n1", "", 3);

        assertThat(lines.list).hasSize(1);
        assertThat(fields(lines.list.get(0)))
                .isEqualTo(Map.of("pod", "default/web", "podUid", "uid-web", "attempt", 3, "node", "n1"));
        assertThat(lines.list.get(0).getFormattedMessage()).isEqualTo("pod default/web is bound to n1");
    }

    @Test
    void shouldTellOfTheFirstRefusalAloneUnlessSomebodyLooksCloser() {
        reporter.decided(refusal(1));
        reporter.decided(refusal(2));

        assertThat(lines.list).hasSize(1);
        assertThat(fields(lines.list.get(0)))
                .isEqualTo(Map.of("pod", "default/web", "podUid", "uid-web", "attempt", 1));

        logger.setLevel(Level.DEBUG);
        reporter.decided(refusal(3));
        assertThat(fields(lines.list.get(1))).containsEntry("attempt", 3);
    }

    private static Decision refusal(int attempt) {
        return new Decision(
                POD,
                Instant.EPOCH,
                attempt,
                null,
                0,
                Verdict.SUCCESS,
                List.of(),
                0,
                Verdict.SUCCESS,
                List.of(),
                "",
                "");
    }
}
