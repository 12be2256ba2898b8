package io.mds.cli.where;

/** A text that does not follow its grammar, and where. */
public final class SyntaxException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final String text;
    private final int position;

    SyntaxException(String text, int position, String problem) {
        super(problem, null, false, false);
        this.text = text;
        this.position = position;
    }

    /** The whole text. */
    public String text() {
        return text;
    }

    /** Where the problem is, from 0. */
    public int position() {
        return position;
    }

    /** The problem and its place, counted from 1 as people do. */
    public String describe() {
        return getMessage() + " at position " + (position + 1);
    }

    /** The text on one line and a caret below the place, both indented. */
    public String pointer() {
        StringBuilder flat = new StringBuilder(text.length());
        text.codePoints().forEach(c -> flat.appendCodePoint(Character.isISOControl(c) ? ' ' : c));
        return "  " + flat + System.lineSeparator() + "  " + " ".repeat(position) + "^";
    }
}
