package io.mds.cli.text;

/**
 * Colours, or none.
 *
 * @param on whether there is a terminal that shows them
 */
public record Style(boolean on) {
    public String bold(String text) {
        return painted("1", text);
    }

    public String dim(String text) {
        return painted("2", text);
    }

    public String good(String text) {
        return painted("32", text);
    }

    public String warning(String text) {
        return painted("33", text);
    }

    public String bad(String text) {
        return painted("31", text);
    }

    private String painted(String code, String text) {
        return on ? "\u001b[" + code + "m" + text + "\u001b[0m" : text;
    }
}
