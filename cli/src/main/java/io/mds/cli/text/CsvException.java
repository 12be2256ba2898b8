package io.mds.cli.text;

/** A record that is not CSV as RFC 4180 has it. The reader goes on with the line after it. */
public final class CsvException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    CsvException(long line, int column, String problem) {
        super("line " + line + ", column " + column + ": " + problem, null, false, false);
    }
}
