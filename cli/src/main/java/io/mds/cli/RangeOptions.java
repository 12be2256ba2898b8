package io.mds.cli;

import io.mds.cli.text.CsvException;
import io.mds.cli.text.CsvReader;
import io.mds.cli.where.WhereParser;
import io.mds.client.Key;
import io.mds.client.Scan;
import io.mds.table.TableSchema;
import java.io.IOException;
import java.io.StringReader;
import java.io.UncheckedIOException;
import java.util.List;
import picocli.CommandLine.Option;

/** The options that choose rows of a table. */
final class RangeOptions {
    @Option(
            names = "--prefix",
            paramLabel = "VALUE,...",
            description = "Only rows whose leading key columns have these values.")
    private String prefix;

    @Option(
            names = "--from",
            paramLabel = "VALUE,...",
            description = "Only rows at or after this key or its beginning.")
    private String from;

    @Option(names = "--to", paramLabel = "VALUE,...", description = "Only rows before this key or its beginning.")
    private String to;

    @Option(
            names = "--where",
            paramLabel = "CONDITION",
            description = "Only rows that satisfy this: \"size >= 1000 AND (owner = 'root' OR name LIKE 'abc%%')\".")
    private String where;

    Scan scan(TableSchema schema) {
        Scan scan = range(schema);
        return where == null
                ? scan
                : scan.where(CommandException.checked("--where", () -> WhereParser.parse(schema, where)));
    }

    private Scan range(TableSchema schema) {
        if (prefix != null) {
            if (from != null || to != null) {
                throw CommandException.usage("--prefix does not go with --from or --to");
            }
            return Scan.prefix(key("--prefix", schema, prefix));
        }
        if (from != null && to != null) {
            return Scan.range(key("--from", schema, from), key("--to", schema, to));
        }
        if (from != null) {
            return Scan.from(key("--from", schema, from));
        }
        return to != null ? Scan.before(key("--to", schema, to)) : Scan.all();
    }

    private static Key key(String option, TableSchema schema, String text) {
        List<String> values = CommandException.checked(option, () -> {
            try {
                CsvReader.Record record = new CsvReader(new StringReader(text)).next();
                return record == null
                        ? List.of("")
                        : record.fields().stream().map(CsvReader.Field::text).toList();
            } catch (CsvException e) {
                throw new IllegalArgumentException(e.getMessage(), e);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        });
        return RowArguments.leadingKey(option, schema, values);
    }
}
