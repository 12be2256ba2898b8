package io.mds.simulator;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.lang.reflect.InvocationTargetException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.LongStream;
import javax.tools.FileObject;
import javax.tools.ForwardingJavaFileManager;
import javax.tools.JavaCompiler;
import javax.tools.JavaFileManager;
import javax.tools.JavaFileObject;
import javax.tools.SimpleJavaFileObject;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * The simulator bites: with one rule of the protocol broken in its source, some seed shows it. The broken class is compiled
 * here and put in the place of the real one. The search begins near a seed that showed it before.
 */
@Tag("soak")
class MutationTest {
    private static final long MAX_SEEDS = Long.getLong("mds.simulations", 20_000);
    /** Seeds that are looked at together. */
    private static final int STEP = 32;

    private static final List<Path> SOURCES = List.of(Path.of("../region/src/main/java"), Path.of("src/main/java"));
    private static final List<String> RELOADED =
            List.of("io.mds.region.replication.", "io.mds.region.wal.", "io.mds.simulator.");

    @ParameterizedTest(name = "{0}")
    @CsvSource(delimiter = '~', quoteCharacter = '`', textBlock = """
            commit without a majority           ~ Leading     ~ matchedBy[(matchedBy.length - 1) / 2] ~ matchedBy[matchedBy.length - 1] ~ 5000
            learner counted in the majority     ~ Leading     ~ if (view.replicas().contains(region)) ~ if (view.holds(region)) ~ 14270
            older entries without the barrier   ~ Leading     ~ candidate > commit.value() && log.viewAt(candidate).equals(view.number()) ~ candidate > commit.value() ~ 19048
            lease counted from the receipt      ~ Leading     ~ progress.matched(appended.matched(), appended.sentNanos(), ~ progress.matched(appended.matched(), nowNanos, ~ 7928
            lease of a minority                 ~ Leading     ~ left[(left.length - 1) / 2] ~ left[left.length - 1] ~ 5000
            lease as long as the leader's own   ~ Leading     ~ appended.leaseNanos() ~ settings.lease().toNanos() ~ 5000
            shorter lease after a restart       ~ SimulatedLease ~ nowNanos - endedNanos >= before.toNanos() ~ true ~ 6092
            the only replica sends what it may lose ~ Leading ~ isAlone() ? log.durableIndex() : log.lastIndex() ~ log.lastIndex() ~ 7960
            serving before the barrier          ~ Replica     ~ role == Role.LEADER && leading.isActivated() && commit.applied() >= leading.barrier() ~ role == Role.LEADER ~ 5000
            lease never checked                 ~ Replica     ~ isServing() ? leading.trustedUntilNanos(nowNanos) : nowNanos ~ isServing() ? nowNanos + 1_000_000 : nowNanos ~ 5000
            lease not waited out                ~ Replica     ~ lasting && lease.hasEnded(nowNanos) ~ lasting ~ 5000
            promise not on disk when answered   ~ Promises    ~ asked != null && durable.compareTo(promised) >= 0 ~ asked != null ~ 5000
            lease forgotten by a restart        ~ LeaseGiven  ~ this.untilNanos = nowNanos + nanos; ~ this.untilNanos = nowNanos; ~ 12762
            released lease of whatever view     ~ LeaseGiven  ~ view != null && view.compareTo(released) <= 0 ~ released.value() > 0 ~ 5000
            tail not cut                        ~ Following   ~ unknown.forEach(appender) ~ unknown.stream().filter(it -> it.index().compareTo(log.last().index()) > 0).forEach(appender) ~ 5000
            previous entry not compared         ~ Following   ~ if (!log.has(append.previous())) ~ if (log.lastIndex() < append.previous().index().value()) ~ 5000
            append of an older view taken       ~ Replica     ~ order < 0 || (order == 0 && role == Role.LEADER) ~ order == 0 && role == Role.LEADER ~ 5000
            commit beyond what matched          ~ Following   ~ commit.advanceTo(Math.min(append.committed().value(), matched)) ~ commit.advanceTo(append.committed().value()) ~ 5000
            restarted leader goes on            ~ Replica     ~ promises.hasAnswered(opened.number()) || ~ true || ~ 12573
            first view led again                ~ Replica     ~ opened.isFirst() && promises.newest().compareTo(opened.number()) < 0 ~ opened.isFirst() ~ 7370
            snapshot cuts the acknowledged tail ~ Replica     ~ boolean sameLog = index <= log.lastIndex() && log.has(position); ~ boolean sameLog = false; ~ 5105
            snapshot keeps another past's tail  ~ Replica     ~ boolean sameLog = index <= log.lastIndex() && log.has(position); ~ boolean sameLog = index <= log.lastIndex(); ~ 5000
            acknowledged before the disk        ~ Following   ~ Math.min(matched, log.durableIndex()) ~ matched ~ 8851
            commit applied that is not on disk  ~ LogTail     ~ .value() <= committed) ~ .value() <= Long.MAX_VALUE) ~ 5000
            previous replicas ignored           ~ View        ~ isMajority(answered, replicas) && (previous.isEmpty() || isMajority(answered, previous)) ~ isMajority(answered, replicas) ~ 5000
            longest log, not the newest         ~ LogPosition ~ Comparator.comparing(LogPosition::view).thenComparing(LogPosition::index) ~ Comparator.comparing(LogPosition::index).thenComparing(LogPosition::view) ~ 5000
            cut off leader says nothing         ~ Leading     ~ return silence.isTooLong(); ~ return false; ~ 5000
            silent leader chosen again          ~ SimulatedMaster ~ return from.isSealedBy(others.keySet()) ? others : answers; ~ return answers; ~ 5000
            leader not the most advanced        ~ SimulatedMaster ~ candidates.values().stream().max(Comparator.naturalOrder()) ~ candidates.values().stream().min(Comparator.naturalOrder()) ~ 5000
            lost replica begins again           ~ SimulatedRegion ~ isNews && (isFirst || view.learners().contains(id)) ~ isNews ~ 5000
            """)
    void aBrokenRuleIsFound(String what, String type, String rule, String broken, long near) throws Exception {
        ClassLoader mutated = new Mutated(type, rule, broken);
        long begin = System.nanoTime();
        AtomicLong tried = new AtomicLong();
        OptionalLong seed = OptionalLong.empty();
        for (long from = near; seed.isEmpty() && from < near + MAX_SEEDS; from += STEP) {
            seed = LongStream.range(from, from + STEP)
                    .parallel()
                    .peek(candidate -> tried.incrementAndGet())
                    .filter(candidate -> breaks(mutated, candidate))
                    .findAny();
        }
        System.out.printf(
                "MutationTest: %s: %s after %d seeds, %.1f s%n",
                what,
                seed.isPresent() ? "found by seed " + seed.getAsLong() : "NOT FOUND",
                tried.get(),
                (System.nanoTime() - begin) / 1e9);
        assertThat(seed).as(what).isPresent();
    }

    private static boolean breaks(ClassLoader loader, long seed) {
        try {
            Object simulation = loader.loadClass("io.mds.simulator.Simulation")
                    .getConstructor(long.class)
                    .newInstance(seed);
            simulation.getClass().getMethod("run").invoke(simulation);
            return false;
        } catch (InvocationTargetException e) {
            return e.getCause().getClass().getName().equals(Violation.class.getName());
        } catch (ReflectiveOperationException e) {
            throw new AssertionError(e);
        }
    }

    /** Loads the protocol and the simulator anew, with one class changed. */
    private static final class Mutated extends ClassLoader {
        private final Map<String, byte[]> compiled;

        Mutated(String simpleName, String rule, String broken) throws IOException {
            super(MutationTest.class.getClassLoader());
            String type = RELOADED.stream()
                    .map(packageName -> packageName + simpleName)
                    .filter(name -> source(name).isPresent())
                    .findFirst()
                    .orElseThrow(() -> new AssertionError("no source of " + simpleName));
            Path file = source(type).orElseThrow();
            String source = Files.readString(file);
            assertThat(source.split(java.util.regex.Pattern.quote(rule), -1))
                    .as("the rule to break must be in " + file + " once: " + rule)
                    .hasSize(2);
            this.compiled = compile(type, source.replace(rule, broken));
        }

        private static Optional<Path> source(String type) {
            return SOURCES.stream()
                    .map(root -> root.resolve(type.replace('.', '/') + ".java"))
                    .filter(Files::exists)
                    .findFirst();
        }

        private static Map<String, byte[]> compile(String type, String source) {
            JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
            Map<String, ByteArrayOutputStream> classes = new HashMap<>();
            JavaFileManager files = new ForwardingJavaFileManager<>(compiler.getStandardFileManager(null, null, null)) {
                @Override
                public JavaFileObject getJavaFileForOutput(
                        Location location, String name, JavaFileObject.Kind kind, FileObject sibling) {
                    return new SimpleJavaFileObject(URI.create("memory:///" + name), kind) {
                        @Override
                        public OutputStream openOutputStream() {
                            ByteArrayOutputStream bytes = new ByteArrayOutputStream();
                            classes.put(name, bytes);
                            return bytes;
                        }
                    };
                }
            };
            JavaFileObject input =
                    new SimpleJavaFileObject(
                            URI.create("memory:///" + type.replace('.', '/') + ".java"), JavaFileObject.Kind.SOURCE) {
                        @Override
                        public CharSequence getCharContent(boolean ignoreErrors) {
                            return source;
                        }
                    };
            List<String> options = List.of(
                    "-classpath",
                    System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")),
                    "-proc:none",
                    "-nowarn");
            boolean done = compiler.getTask(null, files, null, options, null, List.of(input))
                    .call();
            assertThat(done).as("the broken source compiles").isTrue();
            Map<String, byte[]> bytes = new HashMap<>();
            classes.forEach((name, out) -> bytes.put(name, out.toByteArray()));
            return bytes;
        }

        @Override
        protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
            synchronized (getClassLoadingLock(name)) {
                Class<?> loaded = findLoadedClass(name);
                if (loaded == null && RELOADED.stream().anyMatch(name::startsWith)) {
                    byte[] bytes = compiled.containsKey(name) ? compiled.get(name) : read(name);
                    loaded = defineClass(name, bytes, 0, bytes.length);
                }
                return loaded != null ? loaded : super.loadClass(name, resolve);
            }
        }

        private byte[] read(String name) throws ClassNotFoundException {
            try (InputStream in = getParent().getResourceAsStream(name.replace('.', '/') + ".class")) {
                if (in == null) {
                    throw new ClassNotFoundException(name);
                }
                return in.readAllBytes();
            } catch (IOException e) {
                throw new ClassNotFoundException(name, e);
            }
        }
    }
}
