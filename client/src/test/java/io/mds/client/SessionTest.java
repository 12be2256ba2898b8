package io.mds.client;

import static io.mds.client.RowTest.assertInvalid;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class SessionTest {

    @Test
    void aNewSessionHasAShortToken() {
        String token = Session.begin().token();
        assertThat(token).startsWith("s1.").hasSizeLessThan(12);
        assertThat(Session.fromToken(token).token()).isEqualTo(token);
    }

    @Test
    void whatIsNotATokenIsRefusedWithTheReason() {
        String token = Session.begin().token();
        assertInvalid(() -> Session.fromToken(""), "session token: it does not begin with s1.");
        assertInvalid(() -> Session.fromToken("s2.AAAA"), "does not begin with s1.");
        assertInvalid(() -> Session.fromToken("s1."), "too short");
        assertInvalid(() -> Session.fromToken("s1.!!!!"), "base64");
        assertInvalid(() -> Session.fromToken(token.substring(0, token.length() - 2)), "session token: it");
        assertInvalid(() -> Session.fromToken("s1." + "A".repeat(40_000)), "40003 characters (expected: at most ");
        assertInvalid(() -> Session.fromToken("s1.AQAAAAAA"), "check sum");
    }
}
