package io.latencyscheduler.sandbox.testing;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Inherited;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * The test runs where {@code KUBEBUILDER_ASSETS} names a folder with kube-apiserver and etcd. Elsewhere it is skipped,
 * or fails when {@code REQUIRE_APISERVER=1}.
 */
@Documented
@Inherited
@Target({ElementType.TYPE, ElementType.METHOD})
@Retention(RetentionPolicy.RUNTIME)
@ExtendWith(ApiServerCondition.class)
public @interface RequiresApiServer {
    /** Programs needed in that folder beside kube-apiserver and etcd, such as {@code kube-scheduler} or {@code kubectl}. */
    String[] also() default {};
}
