package io.mds.cli.where;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.mds.table.ColumnType;
import io.mds.table.TableSchema;
import java.util.List;
import org.junit.jupiter.api.Test;

class TableDefinitionTest {
    private static final TableSchema FILES = TableSchema.named("files")
            .column("dir", ColumnType.STRING)
            .column("name", ColumnType.STRING)
            .nullableColumn("size", ColumnType.INT64)
            .primaryKey("dir", "name")
            .partitionBy("dir")
            .build();

    @Test
    void optionsAndTextMakeTheSameTable() {
        TableSchema fromOptions = new TableDefinition()
                .column("dir:STRING")
                .column("name:string")
                .column("size:INT64?")
                .primaryKey(List.of("dir", "name"))
                .partitionBy(List.of("dir"))
                .toSchema("files")
                .build();
        TableSchema fromText = TableDefinition.parse(
                        "dir STRING, name STRING NOT NULL, size int64 NULL, PRIMARY KEY(dir, name), PARTITION BY (dir)")
                .toSchema("files")
                .build();
        assertThat(fromOptions).isEqualTo(FILES);
        assertThat(fromText).isEqualTo(FILES);
    }

    @Test
    void badColumnsSayWhatIsExpected() {
        TableDefinition definition = new TableDefinition();
        assertThatIllegalArgumentException()
                .isThrownBy(() -> definition.column("size"))
                .withMessageContaining("name:TYPE");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> definition.column("size:BIGINT"))
                .withMessageContaining("INT64");
    }

    @Test
    void badTextsPointAtTheirPlace() {
        assertThatExceptionOfType(SyntaxException.class)
                .isThrownBy(() -> TableDefinition.parse("a STRING, b BIGINT"))
                .satisfies(e -> assertThat(e.position()).isEqualTo(12));
        assertThatExceptionOfType(SyntaxException.class)
                .isThrownBy(() -> TableDefinition.parse("a STRING, PRIMARY KEY a"))
                .satisfies(e -> assertThat(e.position()).isEqualTo(22));
        assertThatExceptionOfType(SyntaxException.class)
                .isThrownBy(() -> TableDefinition.parse("a STRING b STRING"))
                .satisfies(e -> assertThat(e.position()).isEqualTo(9));
    }
}
