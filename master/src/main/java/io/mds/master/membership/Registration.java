package io.mds.master.membership;

import io.mds.error.MdsException;
import io.mds.proto.ErrorCode;
import io.mds.proto.RegisterRequest;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.UUID;

/** The checks of a registration that need nothing but the request. */
final class Registration {
    private static final int MIN_SECRET_BYTES = 16;
    private static final int MAX_SECRET_BYTES = 1024;
    private static final int MAX_HOST_LENGTH = 255;
    private static final int MAX_VERSION_LENGTH = 128;

    private Registration() {}

    static UUID validated(RegisterRequest request) {
        UUID identity;
        try {
            identity = UUID.fromString(request.getIdentity());
        } catch (IllegalArgumentException e) {
            throw invalid("identity", "'" + cut(request.getIdentity()) + "'", "a UUID");
        }
        int secret = request.getIdentitySecret().size();
        if (secret < MIN_SECRET_BYTES || secret > MAX_SECRET_BYTES) {
            throw invalid("identity secret", secret + " bytes", MIN_SECRET_BYTES + " to " + MAX_SECRET_BYTES);
        }
        String host = request.getAddress().getHost();
        if (host.isBlank() || host.length() > MAX_HOST_LENGTH || host.chars().anyMatch(Character::isWhitespace)) {
            throw invalid("host", "'" + cut(host) + "'", "a host name or address");
        }
        int port = request.getAddress().getPort();
        if (port < 1 || port > 65_535) {
            throw invalid("port", Integer.toUnsignedString(port), "1 to 65535");
        }
        int adminPort = request.getAdminPort();
        if (adminPort < 0 || adminPort > 65_535) {
            throw invalid("admin port", Integer.toUnsignedString(adminPort), "0 to 65535");
        }
        if (request.getSoftwareVersion().length() > MAX_VERSION_LENGTH) {
            throw invalid(
                    "software version",
                    request.getSoftwareVersion().length() + " characters",
                    "<= " + MAX_VERSION_LENGTH);
        }
        return identity;
    }

    static String hash(RegisterRequest request) {
        try {
            MessageDigest sha256 = MessageDigest.getInstance("SHA-256");
            return HexFormat.of()
                    .formatHex(sha256.digest(request.getIdentitySecret().toByteArray()));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("the JDK lacks SHA-256", e);
        }
    }

    /** Compares in a time that does not tell where they differ. */
    static boolean sameHash(String a, String b) {
        return MessageDigest.isEqual(a.getBytes(StandardCharsets.US_ASCII), b.getBytes(StandardCharsets.US_ASCII));
    }

    private static MdsException invalid(String what, String value, String expected) {
        return MdsException.builder(
                        ErrorCode.INVALID_ARGUMENT,
                        "register: " + what + ": " + value + " (expected: " + expected + ")")
                .withoutStackTrace()
                .build();
    }

    private static String cut(String text) {
        return text.length() <= 64 ? text : text.substring(0, 64) + "...";
    }
}
