package io.mds.region;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.belongToAnyOf;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.core.importer.Location;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import io.mds.region.wal.EntryType;
import io.mds.region.wal.LogEntry;
import io.mds.region.wal.LogPosition;
import java.time.Clock;
import java.time.Instant;
import java.util.Random;

/** Which packages of the region may depend on which. */
@AnalyzeClasses(packages = "io.mds.region", importOptions = ArchitectureTest.NoTests.class)
class ArchitectureTest {

    /** Test classes lie in one of several folders, by the kind of build. */
    static final class NoTests implements ImportOption {
        @Override
        public boolean includes(Location location) {
            return !location.contains("test-classes/");
        }
    }

    @ArchTest
    static final ArchRule packagesHaveNoCycles =
            slices().matching("io.mds.region.(*)..").should().beFreeOfCycles();

    @ArchTest
    static final ArchRule onlyTheStoreSpeaksSql = noClasses()
            .that()
            .resideOutsideOfPackage("io.mds.region.store..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("java.sql..", "javax.sql..", "com.zaxxer..", "org.h2..", "org.postgresql..");

    @ArchTest
    static final ArchRule onlyTheRegistrationKnowsZooKeeper = noClasses()
            .that()
            .resideOutsideOfPackage("io.mds.region.registration..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("org.apache.curator..", "org.apache.zookeeper..");

    @ArchTest
    static final ArchRule theRulesOfReplicationAreEventsInAndEffectsOut = noClasses()
            .that()
            .resideInAPackage("io.mds.region.replication..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(
                    "java.util.concurrent..", "java.io..", "java.nio..", "java.net..", "io.netty..", "org.slf4j..")
            .orShould()
            .dependOnClassesThat()
            .belongToAnyOf(Thread.class, Clock.class, Instant.class, Random.class)
            .orShould()
            .callMethod(System.class, "nanoTime")
            .orShould()
            .callMethod(System.class, "currentTimeMillis");

    @ArchTest
    static final ArchRule replicationKnowsNothingOfTheRegionButTheEntriesOfItsLog = noClasses()
            .that()
            .resideInAPackage("io.mds.region.replication..")
            .should()
            .dependOnClassesThat(resideInAPackage("io.mds.region..")
                    .and(resideInAPackage("io.mds.region.replication..").negate())
                    .and(belongToAnyOf(LogEntry.class, EntryType.class, LogPosition.class)
                            .negate()));
}
