package io.mds.style;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

/** Which packages of this module may depend on which. */
@AnalyzeClasses(packages = "io.mds", importOptions = ImportOption.DoNotIncludeTests.class)
class ArchitectureTest {
    @ArchTest
    static final ArchRule packagesHaveNoCycles =
            slices().matching("io.mds.(*)..").should().beFreeOfCycles();

    @ArchTest
    static final ArchRule tablesKnowNothingOfTheNetwork = noClasses()
            .that()
            .resideInAPackage("io.mds.table..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("io.netty..", "java.net..", "java.nio.channels..", "java.util.concurrent..");

    @ArchTest
    static final ArchRule onlyRpcUsesNetty = noClasses()
            .that()
            .resideOutsideOfPackage("io.mds.rpc..")
            .should()
            .dependOnClassesThat()
            .resideInAPackage("io.netty..");

    @ArchTest
    static final ArchRule dataTypesDoNotDependOnHowTheyTravel = noClasses()
            .that()
            .resideInAnyPackage("io.mds.id..", "io.mds.error..", "io.mds.table..", "io.mds.znode..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("io.mds.rpc..", "io.mds.config..", "io.mds.admin..");

    @ArchTest
    static final ArchRule idsStandAlone = classes()
            .that()
            .resideInAPackage("io.mds.id..")
            .should()
            .onlyDependOnClassesThat()
            .resideInAnyPackage("java..", "io.mds.id..");
}
