package io.latencyscheduler.dataplane.devices;

/**
 * One device that is not as the agent found it.
 *
 * @param pciAddress the device
 * @param podUid the pod it belongs to
 * @param phase how far
 * @param former how it was bound before
 */
public record DeviceRecord(String pciAddress, String podUid, Phase phase, DeviceHost.Binding former) {
    /** Written before the step that it names begins, so a crash leaves nothing unsaid. */
    public enum Phase {
        /** Being made ready. */
        PREPARING,
        /** The pod's. */
        GIVEN,
        /** Being put back as it was. */
        RETURNING
    }

    DeviceRecord in(Phase next) {
        return new DeviceRecord(pciAddress, podUid, next, former);
    }
}
