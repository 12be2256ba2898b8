package io.mds.master.admin;

import io.mds.master.metadata.WriteCounters;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.binder.jvm.JvmGcMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmMemoryMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmThreadMetrics;
import io.micrometer.core.instrument.binder.system.ProcessorMetrics;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.util.Map;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Supplier;
import java.util.function.ToIntFunction;

/** The master's metrics in Prometheus's text format. Thread: any. */
public final class MasterMetrics implements AutoCloseable {
    private final PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    private final JvmGcMetrics gc = new JvmGcMetrics();

    /**
     * @param requests how many requests of each kind came
     * @param queued requests that wait for the metadata thread
     * @param subscriptions of clients to route changes
     */
    public MasterMetrics(
            MasterView view,
            Map<String, LongAdder> requests,
            Supplier<Number> queued,
            Supplier<Number> subscriptions,
            WriteCounters writes) {
        gauge(
                "mds.master.active",
                "1 while this master serves",
                () -> view.self().serving() ? 1 : 0);
        gauge(
                "mds.master.epoch",
                "the epoch of this master's leadership, 0 without",
                () -> view.self().epoch());
        gauge(
                "mds.master.zookeeper.connected",
                "1 while connected to ZooKeeper",
                () -> view.self().zooKeeperConnected() ? 1 : 0);
        gauge(
                "mds.master.oplog.sequence",
                "the last entry of the OpLog that this master has",
                () -> view.self().appliedSequence());
        gauge(
                "mds.master.oplog.lag",
                "entries of the OpLog that this standby has not taken; infinite when it has no state or cannot look",
                () -> view.self().lag() < 0
                        ? Double.POSITIVE_INFINITY
                        : view.self().lag());
        gauge("mds.master.metadata.queue", "requests that wait for the metadata thread", queued);
        gauge("mds.master.route.subscriptions", "tables that clients want route changes of", subscriptions);
        regions(view, "LIVE", MasterView.Counts::live);
        regions(view, "SUSPECT", MasterView.Counts::suspect);
        regions(view, "DEAD", MasterView.Counts::dead);
        gauge(
                "mds.master.regions.drained",
                "regions, dead ones aside, that an operator has drained",
                () -> view.counts().drained());
        gauge("mds.master.tables", "tables", () -> view.counts().tables());
        gauge("mds.master.shards", "shards", () -> view.counts().shards());
        gauge(
                "mds.master.shards.unavailable",
                "shards of active tables that no leader serves",
                () -> view.counts().unavailableShards());
        gauge(
                "mds.master.replicas.failed",
                "replicas whose log or store failed",
                () -> view.counts().failedReplicas());
        gauge(
                "mds.master.procedures",
                "changes of tables that run or wait",
                () -> view.counts().procedures());
        requests.forEach((kind, count) -> FunctionCounter.builder("mds.master.requests", count, LongAdder::sum)
                .description("requests that came, by kind")
                .tag("kind", kind)
                .register(registry));
        FunctionCounter.builder(
                        "mds.master.zookeeper.writes", writes, w -> w.count().sum())
                .description("multis that ZooKeeper answered")
                .register(registry);
        FunctionCounter.builder(
                        "mds.master.zookeeper.write.seconds",
                        writes,
                        w -> w.nanos().sum() / 1e9)
                .description("time that they took")
                .register(registry);
        new JvmMemoryMetrics().bindTo(registry);
        new JvmThreadMetrics().bindTo(registry);
        new ProcessorMetrics().bindTo(registry);
        gc.bindTo(registry);
    }

    private void gauge(String name, String description, Supplier<Number> value) {
        Gauge.builder(name, value).description(description).register(registry);
    }

    private void regions(MasterView view, String state, ToIntFunction<MasterView.Counts> count) {
        Gauge.builder("mds.master.regions", () -> count.applyAsInt(view.counts()))
                .description("regions by state")
                .tag("state", state)
                .register(registry);
    }

    public String scrape() {
        return registry.scrape();
    }

    @Override
    public void close() {
        gc.close();
        registry.close();
    }
}
