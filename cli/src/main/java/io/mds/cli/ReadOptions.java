package io.mds.cli;

import com.fasterxml.jackson.core.JsonGenerator;
import io.mds.client.Consistency;
import io.mds.client.Freshness;
import io.mds.client.Table;
import io.mds.error.MdsException;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Option;
import picocli.CommandLine.TypeConversionException;

/** Who may answer a read, and how old the answer was. */
final class ReadOptions {
    private static final long UNKNOWN = Long.MAX_VALUE;

    @Option(
            names = "--consistency",
            paramLabel = "LEVEL",
            converter = Converter.class,
            description =
                    "strong (the leader answers), session, eventual (the nearest replica), or bounded:500ms (one that is"
                            + " no older).")
    private Consistency consistency;

    /** Of all answers together. */
    private final AtomicLong stalenessMs = new AtomicLong();

    /** Reads 'bounded:500ms'. */
    static final class Converter implements ITypeConverter<Consistency> {
        @Override
        public Consistency convert(String text) {
            try {
                return Consistency.parse(text);
            } catch (MdsException e) {
                throw new TypeConversionException(e.getMessage());
            }
        }
    }

    /** The table with the wanted consistency. */
    Table reading(Table table) {
        return consistency == null ? table : table.with(consistency).observing(this::observe);
    }

    private void observe(Freshness answer) {
        long ms = answer.staleness().map(Duration::toMillis).orElse(UNKNOWN);
        stalenessMs.accumulateAndGet(ms, Math::max);
    }

    /** Whether the answer may be old, so that its age is worth telling. */
    boolean tellsStaleness() {
        return consistency != null && consistency.level() != Consistency.Level.STRONG;
    }

    /** Into an object that is open. */
    void write(JsonGenerator json) throws IOException {
        if (tellsStaleness()) {
            Optional<Long> known = known();
            if (known.isPresent()) {
                json.writeNumberField("staleness_ms", known.get());
            } else {
                json.writeNullField("staleness_ms");
            }
        }
    }

    /** A line on the error output, where it is in nobody's way. */
    void print(RootCommand root) {
        if (!tellsStaleness()) {
            return;
        }
        String text = known().map(ms -> ms == 0 ? "as of now" : "at most " + ms + " ms old")
                .orElse("the replica does not know how old this is");
        root.err().println(root.session().errorStyle().dim(text));
    }

    /** As {@link #print}, for programs. */
    void printJson(RootCommand root) {
        if (tellsStaleness()) {
            root.err().println(RootCommand.jsonText(json -> {
                json.writeStartObject();
                write(json);
                json.writeEndObject();
            }));
        }
    }

    private Optional<Long> known() {
        long ms = stalenessMs.get();
        return ms == UNKNOWN ? Optional.empty() : Optional.of(ms);
    }
}
