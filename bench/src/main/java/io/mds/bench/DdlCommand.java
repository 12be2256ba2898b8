package io.mds.bench;

import java.io.PrintStream;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code mds bench ddl}: how many tables a second are created. */
@Command(
        name = "ddl",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = {
            "Measures how many tables a second are created.",
            "Tables of one shard and one replica, created by one client at the same time; and on the same ZooKeeper as many znodes of the"
                    + " size of a table's record, one after the other: what a design reaches at most that writes each by"
                    + " itself.",
            "Exit codes: 0 all were created, 1 some were not, 2 wrong options."
        })
final class DdlCommand implements Callable<Integer> {
    private static final int MAX_TABLES = 20_000;
    /** As many requests as a client has under way. */
    private static final int MAX_UNDER_WAY = 1_024;

    @Option(
            names = "--tables",
            defaultValue = "1000",
            paramLabel = "N",
            description = "how many tables to create (default: ${DEFAULT-VALUE})")
    private int tables;

    @Option(
            names = "--under-way",
            defaultValue = "1000",
            paramLabel = "N",
            description = "how many are being created at a time (default: ${DEFAULT-VALUE})")
    private int underWay;

    @Mixin
    private RunOptions run;

    private final PrintStream out;
    private final PrintStream err;

    DdlCommand(PrintStream out, PrintStream err) {
        this.out = out;
        this.err = err;
    }

    @Override
    public Integer call() throws Exception {
        run.requireBetween("--tables", tables, 1, MAX_TABLES);
        run.requireBetween("--under-way", underWay, 1, MAX_UNDER_WAY);
        try (WorkDirectory work = run.workDirectory();
                DdlRun creation = start(work)) {
            return measure(creation);
        }
    }

    private DdlRun start(WorkDirectory work) {
        err.println("starting a master and three regions");
        return new DdlRun(run.servers(work).in("ddl"));
    }

    private int measure(DdlRun creation) throws InterruptedException {
        DdlFigures figures;
        try {
            figures = creation.measure(tables, underWay);
        } catch (IllegalStateException e) {
            err.println("mds bench ddl: " + e.getMessage());
            err.println(creation.dump());
            return 1;
        }
        run.results().add(figures);
        print(figures);
        creation.firstError().ifPresent(why -> err.println("mds bench ddl: a table was not created: " + why));
        return figures.errors() == 0 ? 0 : 1;
    }

    private void print(DdlFigures figures) {
        out.printf(
                Locale.ROOT,
                "%,d tables, %d under way at a time: %,.0f tables/s%n",
                figures.tables(),
                figures.underWay(),
                figures.tablesPerSecond());
        out.printf(
                Locale.ROOT,
                "%,d znodes of %,d bytes, one by one: %,.0f znodes/s%n",
                figures.tables(),
                figures.znodeBytes(),
                figures.znodesPerSecond());
        out.printf(Locale.ROOT, "tables to znodes: %.2fx; errors: %d%n", figures.ratio(), figures.errors());
    }
}
