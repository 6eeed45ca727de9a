package io.latencyscheduler.charts;

import io.latencyscheduler.sandbox.testing.RequiresApiServer;
import io.latencyscheduler.sandbox.testing.RequiresTier;
import org.junit.jupiter.api.ClassOrderer;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.TestClassOrder;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * The life of an installation, told in order: Helm installs the chart as it was before its last change, upgrades it, tests
 * it, uninstalls it, installs it again with every optional part and uninstalls that; every program runs in its pod's file
 * system, under its own account. A step rests on those before it.
 */
@RequiresApiServer(also = {"kube-scheduler", "kube-controller-manager", "kubectl"})
@RequiresTier(2)
@TestClassOrder(ClassOrderer.OrderAnnotation.class)
@ExtendWith(InstallationLife.class)
class InstallationIT {
    @Nested
    @Order(1)
    class Upgrade extends UpgradeSteps {
        Upgrade(Installed installed) {
            super(installed);
        }
    }

    @Nested
    @Order(2)
    class Logs extends LogSteps {
        Logs(Installed installed) {
            super(installed);
        }
    }

    @Nested
    @Order(3)
    class Placement extends PlacementSteps {
        Placement(Installed installed) {
            super(installed);
        }
    }

    @Nested
    @Order(4)
    class Discovery extends DiscoverySteps {
        Discovery(Installed installed) {
            super(installed);
        }
    }

    @Nested
    @Order(5)
    class Dashboards extends DashboardSteps {
        Dashboards(Installed installed) {
            super(installed);
        }
    }

    @Nested
    @Order(6)
    class Uninstall extends UninstallSteps {
        Uninstall(Installed installed) {
            super(installed);
        }
    }

    @Nested
    @Order(7)
    class OptionalParts extends OptionalPartSteps {
        OptionalParts(Installed installed) {
            super(installed);
        }
    }

    @Nested
    @Order(8)
    class LeastPrivilege extends RightsSteps {
        LeastPrivilege(Installed installed) {
            super(installed);
        }
    }
}
