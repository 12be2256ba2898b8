package io.mds.znode;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.nio.charset.StandardCharsets;

/** Reads and writes znode records as UTF-8 JSON on one line, which is what {@code zkCli get} shows. */
public final class ZnodeJson {
    private static final JsonMapper MAPPER = JsonMapper.builder()
            .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
            .enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
            .build();

    private ZnodeJson() {}

    public static byte[] write(Record value) {
        try {
            return MAPPER.writeValueAsBytes(value);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("cannot write " + value + " as JSON", e);
        }
    }

    /**
     * @throws ZnodeFormatException when the data is not a record of this type
     */
    public static <T extends Record> T read(String path, byte[] data, Class<T> type) {
        if (data == null || data.length == 0) {
            throw new ZnodeFormatException(path + ": empty (expected: a " + type.getSimpleName() + " as JSON)", null);
        }
        try {
            return MAPPER.readValue(data, type);
        } catch (IOException e) {
            String shown = new String(data, 0, Math.min(data.length, 80), StandardCharsets.UTF_8);
            throw new ZnodeFormatException(
                    path + ": not a " + type.getSimpleName() + " as JSON: '" + shown + "': " + e.getMessage(), e);
        }
    }
}
