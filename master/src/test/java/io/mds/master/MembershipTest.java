package io.mds.master;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.mds.id.RegionId;
import io.mds.master.testing.TestingConnection;
import io.mds.master.testing.TestingRegion;
import io.mds.proto.ErrorCode;
import io.mds.proto.Request;
import io.mds.znode.IdCounters;
import io.mds.znode.RegionRecord;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class MembershipTest extends MasterScenario {
    @Test
    void aRegionGetsItsIdBackAndNobodyElseDoes() throws Exception {
        MasterCore master = active(master("m1"));
        TestingRegion a = join(master, new TestingRegion(8001));
        TestingRegion b = join(master, new TestingRegion(8003));
        assertThat(a.id()).isEqualTo(1);
        assertThat(b.id()).isEqualTo(2);
        assertThat(a.registered().getCredential())
                .startsWith("region-1:")
                .isNotEqualTo(b.registered().getCredential());
        a.disconnect();
        assertThat(a.register(master.service(), master.service()).getRegionId()).isEqualTo(1);
        assertThat(read("/mds/ids", IdCounters.class).nextRegion()).isEqualTo(3);

        master.close();
        masters.clear();
        MasterCore next = active(master("m2"));
        assertThat(a.register(next.service(), next.service()).getRegionId()).isEqualTo(1);
        assertThat(join(next, new TestingRegion(8005)).id()).isEqualTo(3);
    }

    @Test
    void aSilentRegionIsSuspectThenDeadAndReturnsWithItsIdWhichIsNeverGivenToAnother() throws Exception {
        MasterCore master = active(master("m1"));
        TestingRegion a = join(master, new TestingRegion(8001));
        a.disconnect();
        await().until(() ->
                read(PATHS.region(new RegionId(1)), RegionRecord.class).state().equals("SUSPECT"));
        await().atMost(Duration.ofSeconds(10)).until(() -> master.session().exists("/mds/regions/1") == null);
        TestingRegion b = join(master, new TestingRegion(8001));
        assertThat(b.id()).isEqualTo(2);
        b.disconnect();
        assertThat(a.register(master.service(), master.service()).getRegionId()).isEqualTo(1);
        assertThat(read("/mds/regions/1", RegionRecord.class).state()).isEqualTo("LIVE");
    }

    @Test
    void anAddressInUseByALiveRegionIsRefusedWithItsId() {
        MasterCore master = active(master("m1"));
        join(master, new TestingRegion(8001));
        TestingRegion b = new TestingRegion(8001);
        assertFails(() -> b.register(master.service(), master.service()), ErrorCode.ALREADY_EXISTS, "live region 1");
    }

    @Test
    void aWrongSecretAnUnknownIdAndBadInputAreRefused() {
        MasterCore master = active(master("m1"));
        TestingRegion a = join(master, new TestingRegion(8001));
        TestingConnection c = a.connect(master.service(), master.service());
        assertFails(
                () -> c.ask(Request.newBuilder()
                        .setRegister(a.registration()
                                .setIdentitySecret(com.google.protobuf.ByteString.copyFromUtf8("x".repeat(20))))),
                ErrorCode.UNAUTHENTICATED,
                "wrong secret");
        assertFails(
                () -> c.ask(Request.newBuilder().setRegister(a.registration().setKnownRegionId(9))),
                ErrorCode.PERMISSION_DENIED,
                "another cluster");
        assertFails(
                () -> c.ask(Request.newBuilder()
                        .setRegister(new TestingRegion(8003).registration().setKnownRegionId(9))),
                ErrorCode.PERMISSION_DENIED,
                "another cluster");
        assertFails(
                () -> c.ask(Request.newBuilder().setRegister(a.registration().setIdentity("me"))),
                ErrorCode.INVALID_ARGUMENT,
                "UUID");
        assertFails(
                () -> client(master).ask(Request.newBuilder().setRegister(a.registration())),
                ErrorCode.PERMISSION_DENIED,
                "only regions");
    }

    @Test
    void aHeartbeatOfAnUnknownRegistrationIsToldToRegisterAgain() {
        MasterCore master = active(master("m1"));
        TestingRegion a = join(master, new TestingRegion(8001));
        a.connect(master.service(), master.service());
        assertThat(a.beat().getRegisterAgain()).isTrue();
    }

    @Test
    void afterATakeoverNobodyIsDeadBeforeAFullTimeout() throws Exception {
        MasterCore first = active(master("m1"));
        join(first, new TestingRegion(8001));
        Thread.sleep(1500);
        first.close();
        masters.clear();
        MasterCore next = active(master("m2"));
        long takeover = System.nanoTime();
        await().atMost(Duration.ofSeconds(10)).until(() -> next.session().exists("/mds/regions/1") == null);
        assertThat(Duration.ofNanos(System.nanoTime() - takeover)).isGreaterThan(Duration.ofMillis(2500));
    }
}
