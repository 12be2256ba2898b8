package io.mds.master.metadata;

import io.mds.id.RegionId;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.Collections;
import java.util.List;
import java.util.UUID;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.apache.curator.framework.AuthInfo;
import org.apache.zookeeper.ZooDefs;
import org.apache.zookeeper.data.ACL;
import org.apache.zookeeper.data.Id;
import org.apache.zookeeper.server.auth.DigestAuthenticationProvider;

/**
 * Who may do what to which znode: the ACL column of the znode table, for one master process.
 *
 * <p>Three identities exist, all of ZooKeeper's digest scheme: <em>the masters</em> (the shared secret), <em>this
 * instance</em> (a password that only this process knows and that dies with it), and <em>a region</em> (derived from the
 * secret and the region's id and identity, so that every master computes the same without storing it).
 *
 * <p>Invariant: no password is ever written to a znode or a log; {@link #toString()} says only which scheme is in use.
 */
public final class AccessControl {
    private static final String MASTER_USER = "mds-master";
    private static final SecureRandom RANDOM = new SecureRandom();

    private final boolean open;
    private final boolean worldRead;
    private final String secret;
    private final String instanceCredential;

    private AccessControl(boolean open, boolean worldRead, String secret) {
        this.open = open;
        this.worldRead = worldRead;
        this.secret = secret;
        byte[] password = new byte[24];
        RANDOM.nextBytes(password);
        this.instanceCredential =
                "mds-instance:" + Base64.getUrlEncoder().withoutPadding().encodeToString(password);
    }

    /** Everybody may do everything: for development. */
    public static AccessControl open() {
        return new AccessControl(true, true, "");
    }

    public static AccessControl digest(String secret, boolean worldRead) {
        if (secret.isEmpty()) {
            throw new IllegalArgumentException(
                    "zookeeper.secret is empty (expected: a secret with zookeeper.acl = digest)");
        }
        return new AccessControl(false, worldRead, secret);
    }

    public boolean isOpen() {
        return open;
    }

    /** What the master's ZooKeeper session authenticates with. */
    List<AuthInfo> authentication() {
        if (open) {
            return List.of();
        }
        return List.of(
                new AuthInfo("digest", (MASTER_USER + ":" + secret).getBytes(StandardCharsets.UTF_8)),
                new AuthInfo("digest", instanceCredential.getBytes(StandardCharsets.UTF_8)));
    }

    /** Master all. */
    public List<ACL> masters() {
        return open ? ZooDefs.Ids.OPEN_ACL_UNSAFE : withWorldRead(all(MASTER_USER + ":" + secret));
    }

    /** This instance all: not even another master may change it. Without world read, masters still read it. */
    public List<ACL> thisInstance() {
        if (open) {
            return ZooDefs.Ids.OPEN_ACL_UNSAFE;
        }
        return worldRead
                ? worldReadable(all(instanceCredential))
                : Arrays.asList(
                        all(instanceCredential), new ACL(ZooDefs.Perms.READ, digest(MASTER_USER + ":" + secret)));
    }

    /**
     * This instance all, world read whatever the settings say: where the active master answers, which regions and clients
     * look up before they have a credential. ZooKeeper asks a znode's own ACL only, so those above it may be hidden.
     */
    public List<ACL> publication() {
        return open ? ZooDefs.Ids.OPEN_ACL_UNSAFE : worldReadable(all(instanceCredential));
    }

    /** Master all, this region read, write, create and delete. */
    public List<ACL> region(RegionId id, UUID identity) {
        if (open) {
            return ZooDefs.Ids.OPEN_ACL_UNSAFE;
        }
        int perms = ZooDefs.Perms.READ | ZooDefs.Perms.WRITE | ZooDefs.Perms.CREATE | ZooDefs.Perms.DELETE;
        List<ACL> acl = new ArrayList<>();
        acl.add(all(MASTER_USER + ":" + secret));
        acl.add(new ACL(perms, digest(regionCredential(id, identity))));
        return withWorldRead(acl.toArray(ACL[]::new));
    }

    /** The "user:password" that a region authenticates its ZooKeeper session with; empty when ACLs are open. */
    public String regionCredential(RegionId id, UUID identity) {
        if (open) {
            return "";
        }
        try {
            Mac mac = Mac.getInstance("HmacSHA256");
            mac.init(new SecretKeySpec(secret.getBytes(StandardCharsets.UTF_8), "HmacSHA256"));
            byte[] password = mac.doFinal(("region" + id + identity).getBytes(StandardCharsets.UTF_8));
            return "region-" + id + ":"
                    + Base64.getUrlEncoder().withoutPadding().encodeToString(password);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("the JDK lacks HmacSHA256", e);
        }
    }

    private List<ACL> withWorldRead(ACL... entries) {
        return worldRead ? worldReadable(entries) : sealed(new ArrayList<>(List.of(entries)));
    }

    private static List<ACL> worldReadable(ACL... entries) {
        List<ACL> acl = new ArrayList<>(List.of(entries));
        acl.add(new ACL(ZooDefs.Perms.READ, ZooDefs.Ids.ANYONE_ID_UNSAFE));
        return sealed(acl);
    }

    /** Not List.copyOf: ZooKeeper's client asks whether the list contains null, which such a list refuses to say. */
    private static List<ACL> sealed(List<ACL> acl) {
        return Collections.unmodifiableList(acl);
    }

    private static ACL all(String credential) {
        return new ACL(ZooDefs.Perms.ALL, digest(credential));
    }

    private static Id digest(String credential) {
        try {
            return new Id("digest", DigestAuthenticationProvider.generateDigest(credential));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("the JDK lacks the digest algorithm of ZooKeeper", e);
        }
    }

    @Override
    public String toString() {
        return open ? "open" : worldRead ? "digest, world read" : "digest";
    }
}
