/** The registry over HTTP/1.1: paths and parameters in, JSON, YAML and tables out, watches as chunked streams. */
@NullMarked
package io.latencyscheduler.sandbox.http;

import org.jspecify.annotations.NullMarked;
