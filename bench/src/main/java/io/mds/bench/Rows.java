package io.mds.bench;

import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;

/**
 * The rows that every target holds: 1,000 directories of 100 names, a key of 16 characters and five columns of 100.
 *
 * <p>Immutable. Values come from a pool that the seed decides, so that a row written again is really changed.
 */
final class Rows {
    static final int DIRECTORIES = 1_000;
    static final int NAMES = 100;
    static final int COUNT = DIRECTORIES * NAMES;
    static final int COLUMNS = 5;

    private static final int VALUE_LENGTH = 100;
    private static final int POOL = 1_024;
    private static final String ALPHABET = "abcdefghijklmnopqrstuvwxyz0123456789";

    private final List<String> directories;
    private final List<String> names;
    private final String[] values;

    Rows(long seed) {
        this.directories = numbered("dir%05d", DIRECTORIES);
        this.names = numbered("name%04d", NAMES);
        Random random = new Random(seed);
        this.values = new String[POOL];
        Arrays.setAll(values, i -> text(random));
    }

    String directory(int number) {
        return directories.get(number);
    }

    String name(int number) {
        return names.get(number);
    }

    String value(Random random) {
        return values[random.nextInt(POOL)];
    }

    private static List<String> numbered(String format, int count) {
        return IntStream.range(0, count).mapToObj(format::formatted).toList();
    }

    private static String text(Random random) {
        StringBuilder text = new StringBuilder(VALUE_LENGTH);
        for (int i = 0; i < VALUE_LENGTH; i++) {
            text.append(ALPHABET.charAt(random.nextInt(ALPHABET.length())));
        }
        return text.toString();
    }
}
