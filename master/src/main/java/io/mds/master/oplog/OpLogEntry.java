package io.mds.master.oplog;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import io.mds.master.state.Change;
import io.mds.znode.ZnodeFormatException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;

/**
 * /mds/oplog/entries/N: what one multi changed.
 *
 * <p>In ZooKeeper it is one line of JSON. The data of a znode that is JSON itself stands in it byte by byte as it is in
 * the znode, so that a person can read it and a digest of it is the znode's own; other data is in base64.
 *
 * @param time when the master wrote it, by its own clock; for people
 */
public record OpLogEntry(long sequence, long epoch, String time, List<Change> changes) {
    private static final JsonFactory JSON = new JsonFactory();

    public OpLogEntry {
        changes = List.copyOf(changes);
    }

    public byte[] encoded() {
        ByteArrayOutputStream out = new ByteArrayOutputStream(256);
        try (JsonGenerator json = JSON.createGenerator(out)) {
            json.writeStartObject();
            json.writeNumberField("sequence", sequence);
            json.writeNumberField("epoch", epoch);
            json.writeStringField("time", time);
            json.writeArrayFieldStart("operations");
            for (Change change : changes) {
                json.writeStartObject();
                write(json, change);
                json.writeEndObject();
            }
            json.writeEndArray();
            json.writeEndObject();
        } catch (IOException e) {
            throw new IllegalStateException("cannot write entry " + sequence, e);
        }
        return out.toByteArray();
    }

    private static void write(JsonGenerator json, Change change) throws IOException {
        if (change.isDelete()) {
            json.writeStringField("delete", change.path());
            return;
        }
        json.writeStringField("set", change.path());
        if (isOneObject(change.data())) {
            json.writeFieldName("data");
            json.writeRawValue(new String(change.data(), StandardCharsets.UTF_8));
        } else {
            json.writeStringField("base64", Base64.getEncoder().encodeToString(change.data()));
        }
    }

    /** Whether the data is exactly one JSON object in UTF-8, and so can stand inside another. */
    private static boolean isOneObject(byte[] data) {
        if (data.length < 2 || data[0] != '{' || data[data.length - 1] != '}') {
            return false;
        }
        String text = new String(data, StandardCharsets.UTF_8);
        if (!Arrays.equals(text.getBytes(StandardCharsets.UTF_8), data)) {
            return false;
        }
        try (JsonParser json = JSON.createParser(data)) {
            json.nextToken();
            json.skipChildren();
            return json.currentToken() == JsonToken.END_OBJECT && json.nextToken() == null;
        } catch (IOException e) {
            return false;
        }
    }

    /**
     * @throws ZnodeFormatException when the data is not an entry
     */
    public static OpLogEntry decoded(String path, byte[] data) {
        try (JsonParser json = JSON.createParser(data)) {
            expect(json.nextToken(), JsonToken.START_OBJECT);
            long sequence = -1;
            long epoch = -1;
            String time = "";
            List<Change> changes = null;
            while (json.nextToken() == JsonToken.FIELD_NAME) {
                String name = json.currentName();
                JsonToken value = json.nextToken();
                switch (name) {
                    case "sequence" -> sequence = json.getLongValue();
                    case "epoch" -> epoch = json.getLongValue();
                    case "time" -> time = json.getText();
                    case "operations" -> changes = changes(json, value, data);
                    default -> json.skipChildren();
                }
            }
            expect(json.currentToken(), JsonToken.END_OBJECT);
            if (sequence < 1 || epoch < 1 || changes == null) {
                throw new IOException("sequence, epoch or operations missing");
            }
            return new OpLogEntry(sequence, epoch, time, changes);
        } catch (IOException | IllegalArgumentException e) {
            throw new ZnodeFormatException(path + ": not an entry of the OpLog: " + e.getMessage(), e);
        }
    }

    private static List<Change> changes(JsonParser json, JsonToken start, byte[] data) throws IOException {
        expect(start, JsonToken.START_ARRAY);
        List<Change> changes = new ArrayList<>();
        while (json.nextToken() == JsonToken.START_OBJECT) {
            changes.add(change(json, data));
        }
        expect(json.currentToken(), JsonToken.END_ARRAY);
        return changes;
    }

    private static Change change(JsonParser json, byte[] data) throws IOException {
        String set = null;
        String delete = null;
        byte[] value = null;
        while (json.nextToken() == JsonToken.FIELD_NAME) {
            String name = json.currentName();
            JsonToken token = json.nextToken();
            switch (name) {
                case "set" -> set = json.getText();
                case "delete" -> delete = json.getText();
                case "base64" -> value = Base64.getDecoder().decode(json.getText());
                case "data" -> {
                    expect(token, JsonToken.START_OBJECT);
                    int from = (int) json.currentTokenLocation().getByteOffset();
                    json.skipChildren();
                    value = Arrays.copyOfRange(
                            data, from, (int) json.currentLocation().getByteOffset());
                }
                default -> json.skipChildren();
            }
        }
        expect(json.currentToken(), JsonToken.END_OBJECT);
        if ((set == null) == (delete == null) || (set == null) != (value == null)) {
            throw new IOException("an operation is neither a set with data nor a delete");
        }
        return set != null ? Change.set(set, value) : Change.delete(delete);
    }

    private static void expect(JsonToken found, JsonToken expected) throws IOException {
        if (found != expected) {
            throw new IOException(found + " (expected: " + expected + ")");
        }
    }
}
