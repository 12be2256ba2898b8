package io.mds.table;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import java.io.IOException;

/** Tells whether a text is one RFC 8259 value, nested no deeper than {@link #MAX_DEPTH}. */
final class JsonText {
    static final int MAX_DEPTH = 200;

    /**
     * Names are not looked up in tables shared between calls: hostile names could make those slow, or fail. Numbers and
     * texts are not limited here, because the limit of the row holds already.
     */
    private static final JsonFactory PARSERS = JsonFactory.builder()
            .disable(JsonFactory.Feature.CANONICALIZE_FIELD_NAMES)
            .disable(JsonFactory.Feature.INTERN_FIELD_NAMES)
            .streamReadConstraints(StreamReadConstraints.builder()
                    .maxNestingDepth(MAX_DEPTH + 1)
                    .maxNumberLength(Integer.MAX_VALUE)
                    .maxStringLength(Integer.MAX_VALUE)
                    .maxNameLength(Integer.MAX_VALUE)
                    .build())
            .build();

    private JsonText() {}

    /**
     * @throws IllegalArgumentException when the text is not JSON, with the place of the first error
     */
    static void check(String text) {
        try (JsonParser parser = PARSERS.createParser(text)) {
            check(parser, text);
        } catch (IOException e) {
            throw new IllegalArgumentException(
                    "not JSON: " + ValueText.shown(text) + ": " + ValueText.firstLine(e.getMessage()), e);
        }
    }

    private static void check(JsonParser parser, String text) throws IOException {
        int depth = 0;
        int values = 0;
        for (JsonToken token = parser.nextToken(); token != null; token = parser.nextToken()) {
            if (token.isStructStart() && ++depth > MAX_DEPTH) {
                throw new IllegalArgumentException("JSON nested deeper than " + MAX_DEPTH + " levels (limit: "
                        + MAX_DEPTH + "): " + ValueText.shown(text));
            }
            if (token.isStructEnd()) {
                depth--;
            }
            if (depth == 0 && ++values > 1) {
                throw new IllegalArgumentException("not JSON: more than one value: " + ValueText.shown(text));
            }
        }
        if (values != 1) {
            throw new IllegalArgumentException("not JSON: empty text (for 'nothing' store NULL, or the text null)");
        }
    }
}
