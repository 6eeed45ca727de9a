/**
 * What an API server means by a request, as functions of JSON trees: types, selectors, patches, defaults, validation,
 * refusals. No sockets, no clocks, no state.
 */
@NullMarked
package io.latencyscheduler.sandbox.api;

import org.jspecify.annotations.NullMarked;
