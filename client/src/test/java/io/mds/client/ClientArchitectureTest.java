package io.mds.client;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaMember;
import com.tngtech.archunit.core.domain.JavaMethod;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.core.importer.Location;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchCondition;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.lang.ConditionEvents;
import com.tngtech.archunit.lang.SimpleConditionEvent;

@AnalyzeClasses(packages = "io.mds", importOptions = ClientArchitectureTest.NoTests.class)
class ClientArchitectureTest {

    /** Test classes lie in one of several folders, by the kind of build; thousands are generated and know only themselves. */
    static final class NoTests implements ImportOption {
        @Override
        public boolean includes(Location location) {
            return !location.contains("test-classes/") && !location.contains("io/mds/proto/");
        }
    }

    @ArchTest
    static final ArchRule noServerCodeIsReachable = noClasses()
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(
                    "io.mds.master..",
                    "io.mds.region..",
                    "io.mds.testkit..",
                    "java.sql..",
                    "javax.sql..",
                    "com.zaxxer..",
                    "org.h2..",
                    "org.apache.curator..",
                    "org.apache.zookeeper.server..");

    @ArchTest
    static final ArchRule onlyDiscoveryKnowsZooKeeper = noClasses()
            .that()
            .doNotHaveSimpleName("ZooKeeperSearch")
            .should()
            .dependOnClassesThat()
            .resideInAPackage("org.apache.zookeeper..");

    @ArchTest
    static final ArchRule theInsideDoesNotKnowThePublicApi = noClasses()
            .that()
            .resideInAPackage("io.mds.client.internal..")
            .should()
            .dependOnClassesThat()
            .resideInAPackage("io.mds.client");

    @ArchTest
    static final ArchRule publicSignaturesExposeNothingInternal = classes()
            .that()
            .resideInAPackage("io.mds.client")
            .and(visibleToUsers())
            .should(showUsersOnlyThePublicApi());

    private static DescribedPredicate<JavaClass> visibleToUsers() {
        return DescribedPredicate.describe(
                "are public, with all that encloses them", ClientArchitectureTest::isVisible);
    }

    private static boolean isVisible(JavaClass type) {
        return type.getModifiers().contains(JavaModifier.PUBLIC)
                && type.getEnclosingClass()
                        .map(ClientArchitectureTest::isVisible)
                        .orElse(true);
    }

    private static ArchCondition<JavaClass> showUsersOnlyThePublicApi() {
        return new ArchCondition<>("have no internal types, Netty or ZooKeeper in public signatures") {
            @Override
            public void check(JavaClass type, ConditionEvents events) {
                for (JavaMember member : type.getMembers()) {
                    boolean shown = member.getModifiers().contains(JavaModifier.PUBLIC)
                            || member.getModifiers().contains(JavaModifier.PROTECTED);
                    if (!shown) {
                        continue;
                    }
                    for (JavaClass used : member.getAllInvolvedRawTypes()) {
                        if (isHidden(used.getBaseComponentType())) {
                            events.add(SimpleConditionEvent.violated(
                                    member, member.getFullName() + " shows " + used.getName()));
                        }
                    }
                    if (member instanceof JavaMethod method) {
                        method.getExceptionTypes().stream()
                                .filter(ClientArchitectureTest::isHidden)
                                .forEach(used -> events.add(SimpleConditionEvent.violated(
                                        member, member.getFullName() + " throws " + used.getName())));
                    }
                }
            }
        };
    }

    private static boolean isHidden(JavaClass type) {
        String name = type.getName();
        boolean packagePrivate = name.startsWith("io.mds.client.") && !isVisible(type);
        return packagePrivate
                || name.startsWith("io.mds.client.internal.")
                || name.startsWith("io.mds.rpc.")
                || name.startsWith("io.netty.")
                || name.startsWith("org.apache.zookeeper.");
    }
}
