package io.mds.cli.where;

/**
 * A piece of a text.
 *
 * @param text what it means: a string without its quotes, everything else as written
 * @param start where it begins, from 0
 */
record Token(Kind kind, String text, int start) {
    enum Kind {
        /** A name or a keyword. */
        WORD,
        /** A name in double quotes: never a keyword. */
        QUOTED_NAME,
        STRING,
        NUMBER,
        SYMBOL,
        END
    }

    boolean isKeyword(String keyword) {
        return kind == Kind.WORD && text.equalsIgnoreCase(keyword);
    }

    boolean isSymbol(String symbol) {
        return kind == Kind.SYMBOL && text.equals(symbol);
    }

    /** For error messages. */
    String describe() {
        return switch (kind) {
            case END -> "the end";
            case STRING -> "the string '" + text + "'";
            case WORD, QUOTED_NAME, NUMBER, SYMBOL -> "'" + text + "'";
        };
    }
}
