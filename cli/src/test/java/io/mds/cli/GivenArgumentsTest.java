package io.mds.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class GivenArgumentsTest {
    private static byte[] commandLine(byte[]... words) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        for (byte[] word : words) {
            bytes.writeBytes(word);
            bytes.write(0);
        }
        return bytes.toByteArray();
    }

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    @Test
    void whatTheLocaleMadeUnreadableIsReadFromTheBytes() {
        byte[] bytes =
                commandLine(utf8("java"), utf8("-jar"), utf8("mds.jar"), utf8("put"), utf8(""), utf8("name=Zoë"));
        assertThat(GivenArguments.last(bytes, new String[] {"put", "", "name=Zo\uFFFD\uFFFD"}))
                .containsExactly("put", "", "name=Zoë");
    }

    @Test
    void bytesThatAreNotUtf8AreAMistakeThatNamesTheArgument() {
        byte[] bytes = commandLine(utf8("java"), utf8("put"), new byte[] {'a', '=', (byte) 0xE4});
        assertThatThrownBy(() -> GivenArguments.last(bytes, new String[] {"put", "a=\uFFFD"}))
                .isInstanceOf(CommandException.class)
                .hasMessage("argument 2, 'a=\uFFFD', is not UTF-8");
    }

    @Test
    void aCommandLineThatIsCutOffIsNotBelieved() {
        String[] arguments = {"put", "a=\uFFFD"};
        assertThat(GivenArguments.last(commandLine(utf8("put")), arguments)).isSameAs(arguments);
    }

    @Test
    void readableArgumentsAreLeftAlone() {
        String[] arguments = {"put", "name=Zoë"};
        assertThat(GivenArguments.read(arguments)).isSameAs(arguments);
    }
}
