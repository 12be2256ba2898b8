package io.mds.region.registration;

import com.fasterxml.jackson.databind.json.JsonMapper;
import io.mds.region.files.DurableFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.UUID;

/**
 * Who a region is, for ever: made once and kept with its data.
 *
 * @param identity UUID text
 * @param secret hexadecimal; proves that the identity is its own, and is never written anywhere else
 * @param regionId 0 until a master has given one
 */
public record RegionIdentity(String identity, String secret, long regionId) {
    private static final String FILE = "identity.json";
    private static final int SECRET_BYTES = 32;
    private static final JsonMapper MAPPER = JsonMapper.builder().build();

    /** Reads the identity in this directory, or makes one. */
    public static RegionIdentity loadOrCreate(Path directory) throws IOException {
        Path file = directory.resolve(FILE);
        if (Files.exists(file)) {
            return MAPPER.readValue(Files.readAllBytes(file), RegionIdentity.class);
        }
        byte[] secret = new byte[SECRET_BYTES];
        new SecureRandom().nextBytes(secret);
        RegionIdentity made =
                new RegionIdentity(UUID.randomUUID().toString(), HexFormat.of().formatHex(secret), 0);
        made.save(directory);
        return made;
    }

    RegionIdentity withRegionId(long id) {
        return new RegionIdentity(identity, secret, id);
    }

    byte[] secretBytes() {
        return HexFormat.of().parseHex(secret);
    }

    /** Atomically, and durable when it returns. */
    void save(Path directory) throws IOException {
        DurableFile.replace(directory.resolve(FILE), MAPPER.writeValueAsBytes(this));
    }

    @Override
    public String toString() {
        return "RegionIdentity[" + identity + ", region " + regionId + "]";
    }
}
