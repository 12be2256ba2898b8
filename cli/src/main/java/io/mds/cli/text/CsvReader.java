package io.mds.cli.text;

import java.io.IOException;
import java.io.Reader;
import java.util.ArrayList;
import java.util.List;

/**
 * Reads CSV as RFC 4180 has it, and strictly: what is ambiguous is refused instead of guessed at.
 *
 * <p>Lines end with LF or CRLF. Empty lines are skipped. A field keeps whether it was quoted, because an empty field means
 * NULL and {@code ""} means the empty string.
 */
public final class CsvReader {
    /** Far more than a row may hold; a forgotten closing quote must not swallow a whole file. */
    private static final int MAX_FIELD = 16 << 20;

    private static final int MAX_FIELDS = 4096;
    private static final int END = -1;
    private static final int BYTE_ORDER_MARK = 0xFEFF;

    private final Reader reader;
    private final char[] buffer = new char[1 << 16];
    private final StringBuilder text = new StringBuilder();
    private int position;
    private int filled;
    private long line = 1;
    private boolean begun;

    public CsvReader(Reader reader) {
        this.reader = reader;
    }

    /** One field. */
    public record Field(String text, boolean quoted) {}

    /**
     * One record.
     *
     * @param line where it begins, from 1
     */
    public record Record(long line, List<Field> fields) {}

    /**
     * The next record, or null at the end.
     *
     * @throws CsvException naming line and column; the next call goes on after the line at fault
     */
    public Record next() throws IOException {
        if (!begun) {
            begun = true;
            if (peek() == BYTE_ORDER_MARK) {
                position++;
            }
        }
        while (peek() == '\n' || (peek() == '\r' && peekSecond() == '\n')) {
            endLine();
        }
        if (peek() == END) {
            return null;
        }
        long start = line;
        List<Field> fields = new ArrayList<>();
        do {
            if (fields.size() == MAX_FIELDS) {
                throw bad(start, fields.size() + 1, "more than " + MAX_FIELDS + " fields");
            }
            fields.add(peek() == '"' ? quotedField(start, fields.size() + 1) : plainField(start, fields.size() + 1));
        } while (takeComma());
        return new Record(start, fields);
    }

    private boolean takeComma() throws IOException {
        if (peek() == ',') {
            position++;
            return true;
        }
        endLine();
        return false;
    }

    private Field plainField(long start, int column) throws IOException {
        text.setLength(0);
        for (int c = peek(); c != END && c != ',' && c != '\n'; c = peek()) {
            if (c == '"') {
                throw bad(start, column, "a quote inside a field that does not begin with one; quote the whole field");
            }
            if (c == '\r') {
                if (peekSecond() == '\n') {
                    break;
                }
                throw bad(start, column, "a carriage return without a line feed; quote the field");
            }
            append(c, start, column);
        }
        return new Field(text.toString(), false);
    }

    private Field quotedField(long start, int column) throws IOException {
        text.setLength(0);
        position++;
        while (true) {
            int c = peek();
            if (c == END) {
                throw new CsvException(start, column, "the file ends inside quotes");
            }
            if (c == '"') {
                if (peekSecond() == '"') {
                    position++;
                } else {
                    position++;
                    break;
                }
            }
            if (c == '\n') {
                line++;
            }
            append(c, start, column);
        }
        int after = peek();
        if (after != ',' && after != '\n' && after != END && !(after == '\r' && peekSecond() == '\n')) {
            throw bad(start, column, "text after the closing quote; a quote inside quotes is written \"\"");
        }
        return new Field(text.toString(), true);
    }

    private void append(int c, long start, int column) throws IOException {
        if (text.length() == MAX_FIELD) {
            throw bad(start, column, "a field longer than " + MAX_FIELD + " characters");
        }
        text.append((char) c);
        position++;
    }

    private CsvException bad(long start, int column, String problem) throws IOException {
        while (peek() != END && peek() != '\n') {
            position++;
        }
        endLine();
        return new CsvException(start, column, problem);
    }

    private void endLine() throws IOException {
        if (peek() == '\r') {
            position++;
        }
        if (peek() == '\n') {
            position++;
            line++;
        }
    }

    private int peek() throws IOException {
        return position < filled || fill() ? buffer[position] : END;
    }

    /** The character after the next one; only when there is a next one. */
    private int peekSecond() throws IOException {
        if (position + 1 >= filled) {
            fill();
        }
        return position + 1 < filled ? buffer[position + 1] : END;
    }

    /** Reads more behind what is left; false when nothing is left at all. */
    private boolean fill() throws IOException {
        int left = filled - position;
        System.arraycopy(buffer, position, buffer, 0, left);
        position = 0;
        filled = left;
        int read = reader.read(buffer, left, buffer.length - left);
        if (read > 0) {
            filled += read;
        }
        return filled > 0;
    }
}
