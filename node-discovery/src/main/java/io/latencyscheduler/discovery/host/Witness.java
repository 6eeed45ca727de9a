package io.latencyscheduler.discovery.host;

import java.util.List;

/** Sees what is read from a host. All paths are relative to its root, after following links. */
interface Witness {
    /** Looks away. */
    Witness NONE = new Witness() {};

    /** A file was read. */
    default void file(String path, String text) {}

    /** A folder was listed. */
    default void folder(String path, List<String> names) {}

    /** A link was met. */
    default void link(String path, String target) {}

    /** It was asked whether this is there, and it is. */
    default void present(String path) {}
}
