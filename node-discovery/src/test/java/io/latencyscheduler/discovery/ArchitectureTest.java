package io.latencyscheduler.discovery;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.io.File;
import java.nio.file.Files;
import java.time.Instant;
import org.junit.jupiter.api.Test;

class ArchitectureTest {
    private static final String[] CORE = {
        "io.latencyscheduler.discovery.fact..",
        "io.latencyscheduler.discovery.derive..",
        "io.latencyscheduler.discovery.config.."
    };

    private final JavaClasses discovery = new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            .importPackages("io.latencyscheduler.discovery");

    @Test
    void shouldConcludeWithoutLibraries() {
        classes()
                .that()
                .resideInAnyPackage(CORE)
                .should()
                .onlyDependOnClassesThat()
                .resideInAnyPackage(
                        "java..",
                        "org.jspecify..",
                        "io.latencyscheduler.contract..",
                        "io.latencyscheduler.discovery.fact..",
                        "io.latencyscheduler.discovery.derive..",
                        "io.latencyscheduler.discovery.config..")
                .because(
                        "labels and roles must follow from values alone, so that a recorded host shows what a node would do")
                .check(discovery);
    }

    @Test
    void shouldConcludeWithoutClockAndFiles() {
        noClasses()
                .that()
                .resideInAnyPackage(CORE)
                .should()
                .callMethod(Instant.class, "now")
                .orShould()
                .callMethod(System.class, "nanoTime")
                .orShould()
                .dependOnClassesThat()
                .areAssignableTo(File.class)
                .orShould()
                .dependOnClassesThat()
                .areAssignableTo(Files.class)
                .because("the same facts must always give the same labels")
                .check(discovery);
    }

    @Test
    void shouldKnowSpringInTheDaemonAlone() {
        noClasses()
                .that()
                .resideOutsideOfPackages("io.latencyscheduler.discovery.daemon..", "io.latencyscheduler.discovery")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("org.springframework..", "io.micrometer..")
                .because("--dry-run and --once must answer without starting Spring")
                .check(discovery);
    }
}
