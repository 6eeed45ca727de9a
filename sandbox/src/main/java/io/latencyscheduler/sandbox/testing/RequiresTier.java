package io.latencyscheduler.sandbox.testing;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Inherited;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * The test runs where {@code hack/probe require N} says that tier N can run. Elsewhere it is skipped with the probe's
 * reason, or fails when {@code REQUIRE_TIER} is N or more.
 */
@Documented
@Inherited
@Target({ElementType.TYPE, ElementType.METHOD})
@Retention(RetentionPolicy.RUNTIME)
@ExtendWith(TierCondition.class)
public @interface RequiresTier {
    /** 0 nothing, 1 user and network namespaces, 2 root and OVS, 3 hugepages with DPDK. */
    int value();
}
