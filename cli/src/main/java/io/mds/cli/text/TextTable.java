package io.mds.cli.text;

import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;

/**
 * Rows under a heading, aligned for people.
 *
 * <p>The widths come from the first rows, which are held back until there are enough; those that follow go straight out,
 * so that any number of rows can be shown.
 */
public final class TextTable implements AutoCloseable {
    private static final int MEASURED_ROWS = 500;
    private static final int MAX_WIDTH = 120;
    private static final String GAP = "  ";

    private final PrintStream out;
    private final Style style;
    private final List<Heading> headings;
    private final List<List<String>> held = new ArrayList<>();
    private int[] widths;

    /**
     * @param right true for numbers, which align to the right
     */
    public record Heading(String name, boolean right) {
        public static Heading left(String name) {
            return new Heading(name, false);
        }

        public static Heading right(String name) {
            return new Heading(name, true);
        }
    }

    public TextTable(PrintStream out, Style style, List<Heading> headings) {
        this.out = out;
        this.style = style;
        this.headings = List.copyOf(headings);
    }

    public TextTable(PrintStream out, Style style, Heading... headings) {
        this(out, style, List.of(headings));
    }

    /** Adds a row of plain, printable texts, one for each heading. */
    public TextTable row(List<String> cells) {
        if (widths != null) {
            print(cells);
            return this;
        }
        held.add(cells);
        if (held.size() == MEASURED_ROWS) {
            release();
        }
        return this;
    }

    public TextTable row(String... cells) {
        return row(List.of(cells));
    }

    /** Writes what is held back. */
    @Override
    public void close() {
        if (widths == null) {
            release();
        }
    }

    private void release() {
        widths = new int[headings.size()];
        for (int i = 0; i < widths.length; i++) {
            widths[i] = Cells.width(headings.get(i).name());
            for (List<String> row : held) {
                widths[i] = Math.max(widths[i], Math.min(MAX_WIDTH, Cells.width(row.get(i))));
            }
        }
        List<String> names = headings.stream().map(Heading::name).toList();
        out.println(style.bold(line(names)));
        held.forEach(this::print);
        held.clear();
    }

    private void print(List<String> cells) {
        out.println(line(cells));
    }

    private String line(List<String> cells) {
        StringBuilder line = new StringBuilder();
        for (int i = 0; i < cells.size(); i++) {
            String cell = cells.get(i);
            boolean last = i == cells.size() - 1;
            String padding = " ".repeat(Math.max(0, widths[i] - Cells.width(cell)));
            if (headings.get(i).right()) {
                line.append(padding).append(cell);
            } else {
                line.append(cell).append(last ? "" : padding);
            }
            line.append(last ? "" : GAP);
        }
        return line.toString();
    }
}
