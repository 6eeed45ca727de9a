/** What people and scripts may ask over HTTP. Nothing here changes anything. */
@NullMarked
package io.latencyscheduler.scheduler.web;

import org.jspecify.annotations.NullMarked;
