package io.latencyscheduler.dataplane.control;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.latencyscheduler.dataplane.config.AgentConfig;
import io.latencyscheduler.dataplane.config.AgentConfigTest;
import io.latencyscheduler.dataplane.engine.Engine.PortSpec;
import io.latencyscheduler.dataplane.engine.EngineException;
import io.latencyscheduler.dataplane.overlay.NodeNetwork;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PortOpeningTest {
    private final FakeEngine engine = new FakeEngine();

    private PortSpec open(Map<String, String> ofThePort) {
        Map<String, String> properties = new HashMap<>();
        ofThePort.forEach((key, value) -> properties.put("dataplane.ports.eth1." + key, value));
        AgentConfig config = AgentConfigTest.read(properties).value();
        return new PortOpening(config, engine, () -> NodeNetwork.Kind.KERNEL)
                .of(Ports.gated("eth1", 1_000_000_000), config.port("eth1"), 0);
    }

    @ParameterizedTest
    @CsvSource({"none, eth1", "gates, 'eth1,gates=taprio'", "launch-time, 'eth1,launch=etf'"})
    void shouldAskTheCardOfAKernelInterfaceForWhatIsOffloaded(String offload, String device) {
        PortSpec spec = open(Map.of("backend", "af-packet", "offload", offload));
        assertThat(spec.backend()).isEqualTo("af_packet");
        assertThat(spec.device()).isEqualTo(device);
    }

    @Test
    void shouldRefuseGatesInTheCardWhereDpdkCarriesThePort() {
        assertThatThrownBy(() -> open(Map.of("backend", "dpdk", "offload", "gates")))
                .isInstanceOf(EngineException.class)
                .hasMessage("gates in the card need its kernel interface: set the port's backend to af-packet or its"
                        + " offload to none");
    }

    @Test
    void shouldPassOnWhereUnclaimedFramesGoAndHowLongThePathIs() {
        PortSpec spec = open(Map.of("backend", "dpdk", "kernel-interface", "veth-agent", "launch-ahead", "4us"));
        assertThat(spec.device()).isEqualTo("net_af_packet0,iface=eth1");
        assertThat(spec.kernelInterface()).isEqualTo("veth-agent");
        assertThat(spec.launchAheadNs()).isEqualTo(4_000);
    }

    @Test
    void shouldFallBackToTheKernelWhereDpdkIsNotAvailable() {
        engine.refusing.add("dpdk");
        assertThat(open(Map.of()).backend()).isEqualTo("af_packet");
        assertThatThrownBy(() -> open(Map.of("backend", "dpdk")))
                .hasMessage("DPDK is configured and not available: the test refuses");
    }
}
