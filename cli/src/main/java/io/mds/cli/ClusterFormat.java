package io.mds.cli;

import com.fasterxml.jackson.core.JsonGenerator;
import io.mds.cli.text.Style;
import io.mds.client.ClusterStatus;
import io.mds.client.ShardInfo;
import io.mds.id.RegionId;
import java.io.IOException;
import java.util.List;
import java.util.Locale;

/** How processes and shards look, wherever they are shown. */
final class ClusterFormat {
    private ClusterFormat() {}

    static String painted(Style style, String state, String text) {
        return switch (state) {
            case "LIVE", "ACTIVE" -> style.good(text);
            case "SUSPECT", "CREATING", "DROPPING" -> style.warning(text);
            default -> style.bad(text);
        };
    }

    /** "live", "live, drained", "live, to be emptied". */
    static String state(Style style, ClusterStatus.RegionInfo region) {
        String state = painted(style, region.state(), region.state().toLowerCase(Locale.ROOT));
        return switch (region.drain()) {
            case NONE -> state;
            case LEADERS -> state + style.warning(", drained");
            case REPLICAS -> state + style.warning(", to be emptied");
        };
    }

    static void writeMasters(JsonGenerator json, List<ClusterStatus.MasterInfo> masters) throws IOException {
        json.writeStartArray();
        for (ClusterStatus.MasterInfo master : masters) {
            json.writeStartObject();
            json.writeStringField("id", master.id());
            json.writeStringField("address", master.address());
            json.writeNumberField("admin_port", master.adminPort());
            json.writeBooleanField("active", master.active());
            json.writeNumberField("applied_sequence", master.appliedSequence());
            if (master.lag() < 0) {
                json.writeNullField("lag");
            } else {
                json.writeNumberField("lag", master.lag());
            }
            json.writeEndObject();
        }
        json.writeEndArray();
    }

    static void writeRegions(JsonGenerator json, List<ClusterStatus.RegionInfo> regions) throws IOException {
        json.writeStartArray();
        for (ClusterStatus.RegionInfo region : regions) {
            json.writeStartObject();
            json.writeNumberField("id", region.id().value());
            json.writeStringField("identity", region.identity());
            json.writeStringField("address", region.address());
            json.writeNumberField("admin_port", region.adminPort());
            json.writeStringField("state", region.state());
            json.writeStringField("drain", region.drain().name().toLowerCase(Locale.ROOT));
            json.writeNumberField("shards", region.shards());
            json.writeNumberField("leaders", region.leaders());
            json.writeNumberField("last_heartbeat_ms", region.lastHeartbeatAge().toMillis());
            json.writeNumberField("store_bytes", region.storeBytes());
            json.writeNumberField("log_bytes", region.logBytes());
            json.writeNumberField("requests_per_second", region.requestsPerSecond());
            json.writeStringField("version", region.softwareVersion());
            json.writeEndObject();
        }
        json.writeEndArray();
    }

    /** The fields of a shard's place, into an object that is open. */
    static void writeShard(JsonGenerator json, ShardInfo shard) throws IOException {
        json.writeNumberField("id", shard.id().value());
        json.writeNumberField("view", shard.view().value());
        if (shard.leader().isPresent()) {
            json.writeNumberField("leader", shard.leader().get().value());
        } else {
            json.writeNullField("leader");
        }
        json.writeStringField("leader_address", shard.leaderAddress().orElse(null));
        json.writeArrayFieldStart("replicas");
        for (RegionId replica : shard.replicas()) {
            json.writeNumber(replica.value());
        }
        json.writeEndArray();
    }
}
