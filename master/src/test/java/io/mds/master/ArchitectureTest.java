package io.mds.master;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

/** Which packages of the master may depend on which. */
@AnalyzeClasses(packages = "io.mds.master", importOptions = ImportOption.DoNotIncludeTests.class)
class ArchitectureTest {
    @ArchTest
    static final ArchRule packagesHaveNoCycles =
            slices().matching("io.mds.master.(*)..").should().beFreeOfCycles();

    @ArchTest
    static final ArchRule onlyTheSessionAndTheElectionKnowCurator = noClasses()
            .that()
            .resideOutsideOfPackages("io.mds.master.metadata..", "io.mds.master.election..")
            .should()
            .dependOnClassesThat()
            .resideInAPackage("org.apache.curator..");

    @ArchTest
    static final ArchRule placementIsPure = noClasses()
            .that()
            .resideInAPackage("io.mds.master.placement..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("java.util.concurrent..", "java.time..", "java.io..", "org.apache..", "org.slf4j..");
}
