package io.mds.cli;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The arguments of this process as UTF-8, whatever the locale says.
 *
 * <p>The JVM reads them in the encoding of the locale. In the plain C locale, as cron and containers often have it, each byte
 * that is not ASCII becomes the same replacement character, and a value would be stored as something else than was given.
 * On Linux the bytes can still be read from {@code /proc}; elsewhere they are taken as the JVM has them.
 */
final class GivenArguments {
    private static final Path COMMAND_LINE = Path.of("/proc/self/cmdline");
    private static final char REPLACEMENT = '\uFFFD';

    private GivenArguments() {}

    /** The arguments; one that is not UTF-8 is a mistake of the caller. */
    static String[] read(String[] asTheJvmHasThem) {
        if (Arrays.stream(asTheJvmHasThem).noneMatch(text -> text.indexOf(REPLACEMENT) >= 0)) {
            return asTheJvmHasThem;
        }
        byte[] commandLine;
        try {
            commandLine = Files.readAllBytes(COMMAND_LINE);
        } catch (IOException e) {
            return asTheJvmHasThem;
        }
        return last(commandLine, asTheJvmHasThem);
    }

    /**
     * The last words of a command line, as many as there are arguments.
     *
     * @param commandLine words, each with a zero byte behind it
     */
    static String[] last(byte[] commandLine, String[] arguments) {
        List<byte[]> words = new ArrayList<>();
        int start = 0;
        for (int i = 0; i < commandLine.length; i++) {
            if (commandLine[i] == 0) {
                words.add(Arrays.copyOfRange(commandLine, start, i));
                start = i + 1;
            }
        }
        int before = words.size() - arguments.length;
        if (before < 0) {
            return arguments;
        }
        String[] texts = new String[arguments.length];
        for (int i = 0; i < texts.length; i++) {
            texts[i] = text(words.get(before + i), i + 1);
        }
        return texts;
    }

    private static String text(byte[] word, int number) {
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(word))
                    .toString();
        } catch (CharacterCodingException e) {
            throw CommandException.usage(
                    "argument " + number + ", '" + new String(word, StandardCharsets.UTF_8) + "', is not UTF-8");
        }
    }
}
