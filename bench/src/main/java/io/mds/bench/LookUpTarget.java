package io.mds.bench;

/** Where tables are looked up, which are there already: nothing else can be measured there. */
interface LookUpTarget extends Target {
    @Override
    default int replicas() {
        return 1;
    }

    @Override
    default boolean supports(Scenario scenario) {
        return scenario == Scenario.ROUTES;
    }

    /** There are no rows. */
    @Override
    default void load(Rows rows) {}
}
