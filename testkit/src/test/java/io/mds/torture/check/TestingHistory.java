package io.mds.torture.check;

import io.mds.torture.check.Operation.Call;
import io.mds.torture.check.Operation.Kind;
import io.mds.torture.check.Operation.Level;
import io.mds.torture.check.Operation.Result;
import io.mds.torture.check.Operation.Seen;
import java.util.ArrayList;
import java.util.List;

/** Puts histories together by hand: each operation with its client and its two times. */
final class TestingHistory {
    static final String ROW = "hot/1";
    static final long MS = 1_000_000;
    static final List<String> GROUP_ROWS = List.of("g/1", "g/2", "g/3");

    private final List<Operation> operations = new ArrayList<>();
    private long nextId;

    /** 10 at version 1, and after that 20 at version 2, which ends at 4. */
    TestingHistory twoWrites() {
        return upsert("a", 1, 2, 10, 1).upsert("a", 3, 4, 20, 2);
    }

    /** 10 at version 1, which is gone by 5, after a delete of unknown outcome. */
    TestingHistory perhapsDeleted() {
        return upsert("a", 1, 2, 10, 1).unknownDelete("b", 3).readAbsent("a", 4, 5);
    }

    TestingHistory upsert(String client, long from, long to, long value, long version) {
        return add(Call.write(++nextId, client, Kind.UPSERT, ROW, value), from, to, Result.written(version, null));
    }

    TestingHistory increment(String client, long from, long to, long by, long version) {
        return add(Call.write(++nextId, client, Kind.INCREMENT, ROW, by), from, to, Result.written(version, true));
    }

    TestingHistory updateIf(String client, long from, long to, long expected, long value, long version) {
        return add(Call.updateIf(++nextId, client, ROW, expected, value), from, to, Result.written(version, true));
    }

    TestingHistory delete(String client, long from, long to, long version) {
        return add(Call.delete(++nextId, client, ROW), from, to, Result.written(version, null));
    }

    TestingHistory unknown(String client, long from, Kind kind, long value) {
        return add(Call.write(++nextId, client, kind, ROW, value), from, Operation.NEVER, Result.UNKNOWN);
    }

    TestingHistory unknownDelete(String client, long from) {
        return add(Call.delete(++nextId, client, ROW), from, Operation.NEVER, Result.UNKNOWN);
    }

    TestingHistory insertRefused(String client, long from, long to, long value) {
        return add(
                Call.write(++nextId, client, Kind.INSERT, ROW, value),
                from,
                to,
                Result.refused(Operation.Refusal.EXISTS));
    }

    TestingHistory updateIfRefused(String client, long from, long to, long expected, long value) {
        return add(
                Call.updateIf(++nextId, client, ROW, expected, value),
                from,
                to,
                Result.refused(Operation.Refusal.CONDITION));
    }

    TestingHistory failed(String client, long from, long to, long value) {
        return add(Call.write(++nextId, client, Kind.UPSERT, ROW, value), from, to, Result.failed("no leader"));
    }

    TestingHistory read(String client, long from, long to, long value, long version) {
        return add(Call.read(++nextId, client, ROW), from, to, seen(value, version));
    }

    TestingHistory readAbsent(String client, long from, long to) {
        return add(Call.read(++nextId, client, ROW), from, to, Result.seen(List.of()));
    }

    TestingHistory sessionRead(String session, long from, long to, long value, long version) {
        Call call = Call.read(++nextId, "reader", ROW).at(Level.SESSION).within(session);
        return add(call, from, to, seen(value, version));
    }

    TestingHistory sessionReadAbsent(String session, long from, long to) {
        return add(
                Call.read(++nextId, "reader", ROW).at(Level.SESSION).within(session), from, to, Result.seen(List.of()));
    }

    /** What is called last with this session in place of the client's own. */
    TestingHistory within(String session) {
        int last = operations.size() - 1;
        Operation operation = operations.get(last);
        operations.set(
                last,
                new Operation(
                        operation.call().within(session),
                        operation.invoked(),
                        operation.completed(),
                        operation.result()));
        return this;
    }

    TestingHistory upsertOf(String row, String client, long from, long to, long value, long version) {
        return add(Call.write(++nextId, client, Kind.UPSERT, row, value), from, to, Result.written(version, null));
    }

    TestingHistory sessionReadOf(String row, String session, long from, long to, Seen... seen) {
        Call call = Call.read(++nextId, "reader", row).at(Level.SESSION).within(session);
        return add(call, from, to, Result.seen(List.of(seen)));
    }

    /** A read at EVENTUAL whose times are in milliseconds. */
    TestingHistory eventualRead(long fromMs, long toMs, Long stalenessMs, Seen... seen) {
        Call call = Call.read(++nextId, "reader", ROW).at(Level.EVENTUAL);
        return add(call, fromMs * MS, toMs * MS, Result.seen(List.of(seen), stalenessMs));
    }

    /** The same at BOUNDED. */
    TestingHistory boundedRead(long boundMs, long fromMs, long toMs, Long stalenessMs, Seen... seen) {
        Call call = Call.read(++nextId, "reader", ROW).atMostOld(boundMs);
        return add(call, fromMs * MS, toMs * MS, Result.seen(List.of(seen), stalenessMs));
    }

    TestingHistory readAbsentOf(String row, String client, long from, long to) {
        return add(Call.read(++nextId, client, row), from, to, Result.seen(List.of()));
    }

    TestingHistory readAt(Level level, long from, long to, long value, long version) {
        Call call = Call.read(++nextId, "reader", ROW).at(level);
        return add(call, from, to, seen(value, version));
    }

    static Seen row(long value, long version) {
        return new Seen(ROW, value, version);
    }

    TestingHistory lastRead(long from, long to, long value, long version) {
        return add(Call.read(++nextId, "last", ROW).asLast(), from, to, seen(value, version));
    }

    TestingHistory lastReadAbsent(long from, long to) {
        return add(Call.read(++nextId, "last", ROW).asLast(), from, to, Result.seen(List.of()));
    }

    TestingHistory batch(String client, long from, long to, long value, long version) {
        return add(Call.batch(++nextId, client, "g", GROUP_ROWS, value), from, to, Result.written(version, null));
    }

    TestingHistory scan(String client, long from, long to, Seen... rows) {
        return add(Call.look(++nextId, client, Kind.SCAN, "g", GROUP_ROWS), from, to, Result.seen(List.of(rows)));
    }

    private static Result seen(long value, long version) {
        return Result.seen(List.of(new Seen(ROW, value, version)));
    }

    TestingHistory add(Call call, long from, long to, Result result) {
        operations.add(new Operation(call, from, to, result));
        return this;
    }

    History done() {
        return new History(operations, List.of());
    }

    /** The names of the checks that found a violation. */
    List<String> violated() {
        return Verdict.of(done(), Verdict.EFFORT).findings().stream()
                .filter(Finding::decided)
                .map(Finding::check)
                .distinct()
                .toList();
    }
}
