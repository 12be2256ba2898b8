package io.mds.cli.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.io.IOException;
import java.io.Reader;
import java.io.StringReader;
import java.util.ArrayList;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;

class CsvTest {
    @Property(tries = 500)
    void whatIsWrittenIsReadBack(@ForAll("tables") List<List<String>> table) throws IOException {
        StringBuilder text = new StringBuilder();
        CsvWriter writer = new CsvWriter(text);
        for (List<String> record : table) {
            writer.write(record);
        }
        assertThat(read(new StringReader(text.toString()))).isEqualTo(table);
        assertThat(read(new OneByOne(text.toString()))).isEqualTo(table);
    }

    @Provide
    Arbitrary<List<List<String>>> tables() {
        Arbitrary<String> field = Arbitraries.oneOf(
                        Arbitraries.strings().withChars(",\"\r\n ab\uFEFFä").ofMaxLength(6), Arbitraries.strings())
                .injectNull(0.1);
        // A record of one NULL would be an empty line, which no table has: its key is never NULL
        return field.list().ofMinSize(2).ofMaxSize(5).list().ofMaxSize(6);
    }

    @Test
    void linesMayEndWithCarriageReturnsAndTheLastNotAtAll() throws IOException {
        assertThat(read(new StringReader("\uFEFFa,b\r\n\r\n1,\"x\"\"\r\ny\"\r\n2,")))
                .isEqualTo(List.of(List.of("a", "b"), List.of("1", "x\"\r\ny"), nullable("2", null)));
    }

    @Test
    void aBadLineNamesItsPlaceAndTheNextOneIsRead() throws IOException {
        CsvReader reader = new CsvReader(new StringReader("a,b\n1,x\"y\n2,\"x\"y\n3,z\n4,\"open\n"));
        assertThat(reader.next().line()).isEqualTo(1);
        assertThatExceptionOfType(CsvException.class)
                .isThrownBy(reader::next)
                .withMessageStartingWith("line 2, column 2: a quote inside");
        assertThatExceptionOfType(CsvException.class)
                .isThrownBy(reader::next)
                .withMessageStartingWith("line 3, column 2: text after");
        assertThat(reader.next().fields().get(1).text()).isEqualTo("z");
        assertThatExceptionOfType(CsvException.class)
                .isThrownBy(reader::next)
                .withMessageStartingWith("line 5, column 2: the file ends");
        assertThat(reader.next()).isNull();
    }

    private static List<List<String>> read(Reader text) throws IOException {
        CsvReader reader = new CsvReader(text);
        List<List<String>> records = new ArrayList<>();
        for (CsvReader.Record record = reader.next(); record != null; record = reader.next()) {
            List<String> fields = new ArrayList<>();
            for (CsvReader.Field field : record.fields()) {
                fields.add(field.text().isEmpty() && !field.quoted() ? null : field.text());
            }
            records.add(fields);
        }
        return records;
    }

    private static List<String> nullable(String... fields) {
        List<String> list = new ArrayList<>();
        for (String field : fields) {
            list.add(field);
        }
        return list;
    }

    /** Gives one character at a time, so that every place is the end of a buffer once. */
    private static final class OneByOne extends StringReader {
        private OneByOne(String text) {
            super(text);
        }

        @Override
        public int read(char[] buffer, int offset, int length) throws IOException {
            return super.read(buffer, offset, Math.min(1, length));
        }
    }
}
