package io.mds.master.oplog;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mds.master.state.Change;
import io.mds.znode.IdCounters;
import io.mds.znode.ZnodeFormatException;
import io.mds.znode.ZnodeJson;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

class OpLogEntryTest {
    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    @Test
    void isOneLineThatAPersonCanRead() {
        OpLogEntry entry = new OpLogEntry(
                42,
                3,
                "2026-01-02T03:04:05Z",
                List.of(Change.set("ids", ZnodeJson.write(new IdCounters(1, 2, 3))), Change.delete("tables/files")));
        assertThat(new String(entry.encoded(), StandardCharsets.UTF_8))
                .isEqualTo("{\"sequence\":42,\"epoch\":3,\"time\":\"2026-01-02T03:04:05Z\",\"operations\":["
                        + "{\"set\":\"ids\",\"data\":{\"nextRegion\":1,\"nextTable\":2,\"nextShard\":3}},"
                        + "{\"delete\":\"tables/files\"}]}");
    }

    @Test
    void everyByteOfTheDataComesBackWhateverItIs() {
        List<byte[]> data = List.of(
                utf8("{}"),
                utf8("{ \"a\" :\n [1, 2.50, 1e3], \"ü\\u00fc\": {\"b\": \"}\\\"\"} }"),
                utf8("{\"a\":1}{\"b\":2}"),
                utf8("{\"a\":"),
                utf8("[1]"),
                utf8(""),
                new byte[] {'{', '"', (byte) 0xff, '"', ':', '1', '}'},
                new byte[] {0, 1, 2, (byte) 0xff});
        List<Change> changes = data.stream().map(d -> Change.set("config/x", d)).toList();
        OpLogEntry entry = new OpLogEntry(1, 1, "now", changes);
        assertThat(OpLogEntry.decoded("x", entry.encoded())).isEqualTo(entry);
    }

    @Test
    void aDamagedEntryIsRefusedWithItsPath() {
        byte[] good = new OpLogEntry(1, 1, "now", List.of(Change.set("ids", utf8("{\"a\":1}")))).encoded();
        for (int length = 0; length < good.length; length++) {
            byte[] cut = Arrays.copyOf(good, length);
            assertThatThrownBy(() -> OpLogEntry.decoded("/mds/oplog/entries/1", cut))
                    .as("first " + length + " bytes")
                    .isInstanceOf(ZnodeFormatException.class)
                    .hasMessageContaining("/mds/oplog/entries/1");
        }
        assertThatThrownBy(() -> OpLogEntry.decoded("e", utf8("{\"sequence\":1,\"epoch\":1,\"operations\":[{}]}")))
                .isInstanceOf(ZnodeFormatException.class);
    }
}
