package io.mds.cli;

import java.util.ArrayList;
import java.util.List;

/** A line of the shell cut into words: by blanks, with '...' and "..." around words that have some, and \ before one character. */
final class Words {
    private Words() {}

    /**
     * The words of a line; none for an empty line and for one that begins with #.
     *
     * @throws CommandException when a quote is not closed
     */
    static List<String> split(String line) {
        List<String> words = new ArrayList<>();
        StringBuilder word = null;
        int at = 0;
        while (at < line.length()) {
            char c = line.charAt(at);
            if (Character.isWhitespace(c)) {
                if (word != null) {
                    words.add(word.toString());
                    word = null;
                }
                at++;
                continue;
            }
            if (c == '#' && word == null && words.isEmpty()) {
                return words;
            }
            if (word == null) {
                word = new StringBuilder();
            }
            if (c == '\'' || c == '"') {
                at = quoted(line, at, word);
            } else if (c == '\\' && at + 1 < line.length()) {
                word.append(line.charAt(at + 1));
                at += 2;
            } else {
                word.append(c);
                at++;
            }
        }
        if (word != null) {
            words.add(word.toString());
        }
        return words;
    }

    private static int quoted(String line, int start, StringBuilder word) {
        char quote = line.charAt(start);
        int at = start + 1;
        while (at < line.length()) {
            char c = line.charAt(at);
            if (c == quote) {
                return at + 1;
            }
            boolean escape = quote == '"'
                    && c == '\\'
                    && at + 1 < line.length()
                    && (line.charAt(at + 1) == '"' || line.charAt(at + 1) == '\\');
            word.append(escape ? line.charAt(at + 1) : c);
            at += escape ? 2 : 1;
        }
        throw CommandException.usage("the " + quote + " at position " + (start + 1) + " is never closed");
    }
}
