package io.mds.client;

import io.mds.error.MdsException;
import io.mds.idle.IdleSpin;
import io.mds.proto.ErrorCode;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.Executor;

/**
 * How a client finds its cluster and how patient it is. Immutable.
 *
 * @param connect {@code zk://host:port,.../root} or {@code mds://host:port,...}
 * @param timeout the deadline of each call, waits and retries included; 1 ms to 5 min
 * @param attemptTimeout when to give up on one region that does not answer and look for another; 10 ms to 5 min
 * @param maxInFlight requests under way at a time; further ones wait until their deadline; 1 to 1,024
 * @param connectionsPerRegion connections to each region, used in turn; 1 to 64
 * @param eventLoopThreads network threads; 0 chooses by the processors
 * @param pageRows rows asked for in one page of a scan; 1 to 100,000
 * @param backoffMin first wait before a retry; each further one doubles, and all are jittered
 * @param backoffMax longest wait before a retry
 * @param spin how long threads that wait for an answer look for it before they block, as long as no other thread wants their
 *     core; zero for not at all; up to 1 ms
 * @param consistency of reads, unless a table or scan has its own
 * @param callbackExecutor runs the callbacks of futures; absent: the network thread does
 * @param requestListener is told of each request and its retries
 * @param name shown in the servers' logs
 */
public record MdsClientOptions(
        String connect,
        Duration timeout,
        Duration attemptTimeout,
        int maxInFlight,
        int connectionsPerRegion,
        int eventLoopThreads,
        int pageRows,
        Duration backoffMin,
        Duration backoffMax,
        Duration spin,
        Consistency consistency,
        Optional<Executor> callbackExecutor,
        Optional<RequestListener> requestListener,
        String name) {

    /** The longest deadline: servers remember a write's request id for longer than this. */
    public static final Duration MAX_TIMEOUT = Duration.ofMinutes(5);

    /** As many write slots as servers remember of one client. */
    private static final int MAX_IN_FLIGHT = 1024;

    public MdsClientOptions {
        Objects.requireNonNull(connect, "connect");
        Objects.requireNonNull(consistency, "consistency");
        Objects.requireNonNull(callbackExecutor, "callbackExecutor");
        Objects.requireNonNull(requestListener, "requestListener");
        Objects.requireNonNull(name, "name");
        checkTimeout("timeout", timeout);
        checkDuration("attemptTimeout", attemptTimeout, Duration.ofMillis(10), MAX_TIMEOUT);
        checkNumber("maxInFlight", maxInFlight, 1, MAX_IN_FLIGHT);
        checkNumber("connectionsPerRegion", connectionsPerRegion, 1, 64);
        checkNumber("eventLoopThreads", eventLoopThreads, 0, 64);
        checkNumber("pageRows", pageRows, 1, 100_000);
        checkDuration("backoffMin", backoffMin, Duration.ofMillis(1), Duration.ofMinutes(1));
        checkDuration("backoffMax", backoffMax, backoffMin, Duration.ofMinutes(1));
        checkDuration("spin", spin, Duration.ZERO, Duration.ofMillis(1));
    }

    /** Default options for the cluster at this address. */
    public static Builder builder(String connect) {
        return new Builder(connect);
    }

    /**
     * Options from a configuration file such as {@code config/client.conf}.
     *
     * @param file null for defaults only
     * @param overrides {@code key=value}, stronger than the file
     * @param environment variables such as {@code MDS_CLIENT_TIMEOUT}, stronger than the file
     */
    public static MdsClientOptions load(Path file, List<String> overrides, Map<String, String> environment) {
        return ClientConfigFile.read(file, overrides, environment);
    }

    /** A builder that starts from these options. */
    public Builder toBuilder() {
        return new Builder(this);
    }

    static Duration checkTimeout(String name, Duration value) {
        return checkDuration(name, value, Duration.ofMillis(1), MAX_TIMEOUT);
    }

    private static Duration checkDuration(String name, Duration value, Duration min, Duration max) {
        Objects.requireNonNull(value, name);
        if (value.compareTo(min) < 0 || value.compareTo(max) > 0) {
            throw MdsException.of(
                    ErrorCode.INVALID_ARGUMENT, name + ": " + value + " (expected: " + min + " to " + max + ")");
        }
        return value;
    }

    private static void checkNumber(String name, int value, int min, int max) {
        if (value < min || value > max) {
            throw MdsException.of(
                    ErrorCode.INVALID_ARGUMENT, name + ": " + value + " (expected: " + min + " to " + max + ")");
        }
    }

    /** Collects options; each has a default. */
    public static final class Builder {
        private String connect;
        private Duration timeout = Duration.ofSeconds(10);
        private Duration attemptTimeout = Duration.ofSeconds(3);
        private int maxInFlight = 1024;
        private int connectionsPerRegion = 1;
        private int eventLoopThreads;
        private int pageRows = 1000;
        private Duration backoffMin = Duration.ofMillis(20);
        private Duration backoffMax = Duration.ofSeconds(1);
        private Duration spin = IdleSpin.DEFAULT_LIMIT;
        private Consistency consistency = Consistency.strong();
        private Optional<Executor> callbackExecutor = Optional.empty();
        private Optional<RequestListener> requestListener = Optional.empty();
        private String name = "mds-client";

        private Builder(String connect) {
            this.connect = connect;
        }

        private Builder(MdsClientOptions from) {
            this.connect = from.connect;
            this.timeout = from.timeout;
            this.attemptTimeout = from.attemptTimeout;
            this.maxInFlight = from.maxInFlight;
            this.connectionsPerRegion = from.connectionsPerRegion;
            this.eventLoopThreads = from.eventLoopThreads;
            this.pageRows = from.pageRows;
            this.backoffMin = from.backoffMin;
            this.backoffMax = from.backoffMax;
            this.spin = from.spin;
            this.consistency = from.consistency;
            this.callbackExecutor = from.callbackExecutor;
            this.requestListener = from.requestListener;
            this.name = from.name;
        }

        public Builder connect(String value) {
            this.connect = value;
            return this;
        }

        public Builder timeout(Duration value) {
            this.timeout = value;
            return this;
        }

        public Builder attemptTimeout(Duration value) {
            this.attemptTimeout = value;
            return this;
        }

        public Builder maxInFlight(int value) {
            this.maxInFlight = value;
            return this;
        }

        public Builder connectionsPerRegion(int value) {
            this.connectionsPerRegion = value;
            return this;
        }

        public Builder eventLoopThreads(int value) {
            this.eventLoopThreads = value;
            return this;
        }

        public Builder pageRows(int value) {
            this.pageRows = value;
            return this;
        }

        public Builder backoff(Duration min, Duration max) {
            this.backoffMin = min;
            this.backoffMax = max;
            return this;
        }

        /** How long to look for an answer before blocking; zero spares the processor and costs time. */
        public Builder spin(Duration value) {
            this.spin = value;
            return this;
        }

        /** Of reads, unless a table or scan has its own; strong by default. */
        public Builder consistency(Consistency value) {
            this.consistency = value;
            return this;
        }

        /** Callbacks of futures run here instead of on a network thread, where they must not block. */
        public Builder callbackExecutor(Executor value) {
            this.callbackExecutor = Optional.of(value);
            return this;
        }

        /** Is told of each request to a shard when it has ended, and of its retries. */
        public Builder requestListener(RequestListener value) {
            this.requestListener = Optional.of(value);
            return this;
        }

        public Builder name(String value) {
            this.name = value;
            return this;
        }

        public MdsClientOptions build() {
            return new MdsClientOptions(
                    connect,
                    timeout,
                    attemptTimeout,
                    maxInFlight,
                    connectionsPerRegion,
                    eventLoopThreads,
                    pageRows,
                    backoffMin,
                    backoffMax,
                    spin,
                    consistency,
                    callbackExecutor,
                    requestListener,
                    name);
        }
    }
}
