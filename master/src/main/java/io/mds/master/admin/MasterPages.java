package io.mds.master.admin;

import java.util.function.Supplier;

/**
 * The contents of the admin pages.
 *
 * <p>A master that stands by is healthy, and ready once it has read the state: then the active one may go. One that cannot
 * reach ZooKeeper is alive, so that nobody restarts it for that, but not ready.
 */
public final class MasterPages {
    private final MasterView view;
    private final Supplier<String> metrics;
    private final String console = Console.html();

    public MasterPages(MasterView view, Supplier<String> metrics) {
        this.view = view;
        this.metrics = metrics;
    }

    /** One page. */
    public record Page(int status, String contentType, String body) {}

    public Page console() {
        return new Page(200, "text/html; charset=utf-8", console);
    }

    public Page status() {
        return new Page(200, "application/json; charset=utf-8", StatusJson.of(view));
    }

    public Page metrics() {
        return new Page(200, "text/plain; version=0.0.4; charset=utf-8", metrics.get());
    }

    public Page health() {
        String state = view.self().state();
        boolean alive = !state.equals("CLOSED");
        return text(alive ? 200 : 503, alive ? "ok" : "closed");
    }

    public Page ready() {
        MasterView.Self self = view.self();
        boolean standby = self.state().equals("STANDBY") && self.zooKeeperConnected();
        if (self.serving() || (standby && self.hasState())) {
            return text(200, self.serving() ? "active" : "standby");
        }
        if (self.problem() != null) {
            return text(503, self.problem());
        }
        return text(503, standby ? "STANDBY, still reading the state" : self.state());
    }

    private static Page text(int status, String body) {
        return new Page(status, "text/plain; charset=utf-8", body + "\n");
    }
}
