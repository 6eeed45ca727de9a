package io.latencyscheduler.dataplane;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.junit.jupiter.api.Test;

class ArchitectureTest {
    private final JavaClasses agent = new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            .importPackages("io.latencyscheduler.dataplane");

    @Test
    void shouldPlanWithoutAnyLibrary() {
        classes()
                .that()
                .resideInAnyPackage(
                        "io.latencyscheduler.dataplane.plan..",
                        "io.latencyscheduler.dataplane.ovs.plan..",
                        "io.latencyscheduler.dataplane.setup.judge..")
                .should()
                .onlyDependOnClassesThat()
                .resideInAnyPackage(
                        "java.lang..",
                        "java.util..",
                        "org.jspecify..",
                        "io.latencyscheduler.contract..",
                        "io.latencyscheduler.dataplane.plan..",
                        "io.latencyscheduler.dataplane.ovs.plan..",
                        "io.latencyscheduler.dataplane.setup.judge..")
                .because("who gets a device must be decided the same way each time, from values alone")
                .check(agent);
    }

    @Test
    void shouldReachNativeCodeThroughOneSeamOnly() {
        noClasses()
                .that()
                .resideOutsideOfPackages(
                        "io.latencyscheduler.dataplane.jni..", "io.latencyscheduler.dataplane.engine..")
                .should()
                .dependOnClassesThat()
                .resideInAPackage("io.latencyscheduler.dataplane.jni..")
                .because("the rest of the agent speaks to the interface Engine and is tested with a fake of it")
                .check(agent);
    }

    @Test
    void shouldTalkToTheApiServerOnlyFromItsEdge() {
        noClasses()
                .that()
                .resideInAnyPackage(
                        "io.latencyscheduler.dataplane.plan..",
                        "io.latencyscheduler.dataplane.control..",
                        "io.latencyscheduler.dataplane.config..",
                        "io.latencyscheduler.dataplane.engine..",
                        "io.latencyscheduler.dataplane.jni..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("io.latencyscheduler.kube..", "io.kubernetes..")
                .because("watches and writes belong to dataplane.kube; what they lead to is tested without a server")
                .check(agent);
    }
}
