/** Starts the real thing: etcd, kube-apiserver and, when asked for, kube-scheduler and kube-controller-manager. */
@NullMarked
package io.latencyscheduler.sandbox.envtest;

import org.jspecify.annotations.NullMarked;
