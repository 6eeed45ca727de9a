/** The main job told end to end: real programs as processes, one cluster, real frames, one report. */
@NullMarked
package io.latencyscheduler.demo;

import org.jspecify.annotations.NullMarked;
