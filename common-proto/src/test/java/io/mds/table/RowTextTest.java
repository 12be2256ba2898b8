package io.mds.table;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mds.error.MdsException;
import java.util.List;
import org.junit.jupiter.api.Test;

class RowTextTest {
    private static final TableSchema FILES = TableSchema.named("files")
            .column("dir", ColumnType.STRING)
            .column("inode", ColumnType.INT64)
            .column("size", ColumnType.INT64)
            .nullableColumn("hash", ColumnType.BYTES)
            .primaryKey("dir", "inode")
            .build();
    private static final RowText TEXT = new RowText(FILES);

    @Test
    void textsAreReadByTheTypesOfTheirColumns() {
        assertThat(TEXT.parse("size", "42")).isEqualTo(42L);
        assertThat((byte[]) TEXT.parse("hash", "0xff")).containsExactly(0xFF);
        assertThat(TEXT.parse("hash", null)).isNull();
        assertThat(TEXT.parseKey(List.of("/etc", "7"))).containsExactly("/etc", 7L);
        assertThat(TEXT.parseKey(List.of("/etc"))).containsExactly("/etc");
    }

    @Test
    void valuesAreWrittenSoThatTheyCanBeReadAgain() {
        Column hash = FILES.column("hash");
        assertThat(TEXT.format(hash, new byte[] {0, -1})).isEqualTo("0x00ff");
        assertThat(TEXT.format(hash, null)).isNull();
    }

    @Test
    void problemsNameTableAndColumn() {
        assertThatThrownBy(() -> TEXT.parse("size", "big"))
                .isInstanceOf(MdsException.class)
                .hasMessageContainingAll("'files'", "'size'", "'big'", "INT64", "whole number");
        assertThatThrownBy(() -> TEXT.parse("size", null)).hasMessageContainingAll("'files'", "'size'", "NOT NULL");
        assertThatThrownBy(() -> TEXT.parse("sise", "1")).hasMessageContainingAll("'sise'", "dir, inode, size, hash");
        assertThatThrownBy(() -> TEXT.parseKey(List.of("a", "1", "x")))
                .hasMessageContainingAll("3 values", "dir, inode");
    }
}
