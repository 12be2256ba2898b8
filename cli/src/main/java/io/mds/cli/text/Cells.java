package io.mds.cli.text;

import io.mds.table.ColumnType;
import java.time.Duration;
import java.util.Locale;
import org.jline.utils.WCWidth;

/** Values as text for people. */
public final class Cells {
    private static final String[] UNITS = {"KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};

    private Cells() {}

    /** A value on one line, with nothing in it that a terminal would obey. Null is NULL. */
    public static String shown(ColumnType type, Object value) {
        return value == null ? "NULL" : printable(type.format(value));
    }

    /** The text with control characters spelled out. */
    public static String printable(String text) {
        boolean clean = text.codePoints().noneMatch(Cells::isHarmful);
        if (clean) {
            return text;
        }
        StringBuilder safe = new StringBuilder(text.length() + 16);
        text.codePoints().forEach(c -> {
            switch (c) {
                case '\n' -> safe.append("\\n");
                case '\r' -> safe.append("\\r");
                case '\t' -> safe.append("\\t");
                default -> {
                    if (isHarmful(c)) {
                        safe.append(String.format(Locale.ROOT, "\\u%04x", c));
                    } else {
                        safe.appendCodePoint(c);
                    }
                }
            }
        });
        return safe.toString();
    }

    /** Control characters, and those that turn the direction of the text around. */
    private static boolean isHarmful(int c) {
        return Character.isISOControl(c)
                || (c >= 0x202A && c <= 0x202E)
                || (c >= 0x2066 && c <= 0x2069)
                || c == 0x2028
                || c == 0x2029;
    }

    /** How many columns of a terminal the text takes. */
    public static int width(String text) {
        int width = 0;
        for (int i = 0; i < text.length(); ) {
            int c = text.codePointAt(i);
            width += c < 0x80 ? 1 : Math.max(0, WCWidth.wcwidth(c));
            i += Character.charCount(c);
        }
        return width;
    }

    /** The beginning of the text that fits, with an ellipsis when it does not fit whole. */
    public static String cut(String text, int columns) {
        if (text.length() <= columns && width(text) <= columns) {
            return text;
        }
        StringBuilder start = new StringBuilder();
        int width = 0;
        for (int i = 0; i < text.length(); ) {
            int c = text.codePointAt(i);
            width += c < 0x80 ? 1 : Math.max(0, WCWidth.wcwidth(c));
            if (width > columns - 1) {
                break;
            }
            start.appendCodePoint(c);
            i += Character.charCount(c);
        }
        return start.append('…').toString();
    }

    /** 12,345 */
    public static String count(long number) {
        return String.format(Locale.ROOT, "%,d", number);
    }

    /** 1 row, 2 rows */
    public static String count(long number, String one, String many) {
        return count(number) + " " + (number == 1 ? one : many);
    }

    /** 3.2 MiB */
    public static String bytes(long bytes) {
        if (bytes < 1024) {
            return bytes + " B";
        }
        double amount = bytes / 1024.0;
        int unit = 0;
        while (amount >= 1024 && unit < UNITS.length - 1) {
            amount /= 1024;
            unit++;
        }
        return String.format(Locale.ROOT, "%.1f %s", amount, UNITS[unit]);
    }

    /** 0.4 s, 12 s, 3 min 20 s, 2 h 05 min */
    public static String duration(Duration duration) {
        long millis = duration.toMillis();
        if (millis < 9_950) {
            return String.format(Locale.ROOT, "%.1f s", millis / 1000.0);
        }
        long seconds = (millis + 500) / 1000;
        if (seconds < 60) {
            return seconds + " s";
        }
        if (seconds < 3600) {
            return String.format(Locale.ROOT, "%d min %02d s", seconds / 60, seconds % 60);
        }
        return String.format(Locale.ROOT, "%d h %02d min", seconds / 3600, seconds / 60 % 60);
    }
}
