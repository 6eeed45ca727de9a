package io.latencyscheduler.scheduler;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.io.File;
import java.net.URI;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import org.junit.jupiter.api.Test;

class ArchitectureTest {
    private static final String[] CORE = {
        "io.latencyscheduler.scheduler.model..",
        "io.latencyscheduler.scheduler.framework..",
        "io.latencyscheduler.scheduler.ledger..",
        "io.latencyscheduler.scheduler.queue..",
        "io.latencyscheduler.scheduler.plugin..",
        "io.latencyscheduler.scheduler.cycle..",
        "io.latencyscheduler.scheduler.trace.."
    };

    private final JavaClasses scheduler = new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            .importPackages("io.latencyscheduler.scheduler");

    @Test
    void shouldKeepTheCoreFreeOfLibraries() {
        String[] allowed = new String[CORE.length + 3];
        System.arraycopy(CORE, 0, allowed, 0, CORE.length);
        allowed[CORE.length] = "java..";
        allowed[CORE.length + 1] = "org.jspecify..";
        allowed[CORE.length + 2] = "io.latencyscheduler.contract..";
        classes()
                .that()
                .resideInAnyPackage(CORE)
                .should()
                .onlyDependOnClassesThat()
                .resideInAnyPackage(allowed)
                .because(
                        "a decision is a function of values: with Spring, client-java or Jackson in it, it could neither be"
                                + " replayed nor be tested without a cluster")
                .check(scheduler);
    }

    @Test
    void shouldReadNoClockAndDoNoInputOrOutputInTheCore() {
        noClasses()
                .that()
                .resideInAnyPackage(CORE)
                .should()
                .callMethod(Instant.class, "now")
                .orShould()
                .callMethod(System.class, "nanoTime")
                .orShould()
                .callMethod(System.class, "currentTimeMillis")
                .orShould()
                .dependOnClassesThat()
                .areAssignableTo(Clock.class)
                .orShould()
                .dependOnClassesThat()
                .areAssignableTo(File.class)
                .orShould()
                .dependOnClassesThat()
                .areAssignableTo(Path.class)
                .orShould()
                .dependOnClassesThat()
                .areAssignableTo(URI.class)
                .orShould()
                .dependOnClassesThat()
                .areAssignableTo(Thread.class)
                .because("time, input and threads are passed in: the same events give the same decisions, at any speed")
                .check(scheduler);
    }
}
