package io.mds.region.admin;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.mds.proto.ShardReport;
import io.mds.region.wal.LogHealth;

/** The status page of a region, as JSON. */
final class RegionStatusJson {
    private static final JsonMapper MAPPER = JsonMapper.builder().build();

    private RegionStatusJson() {}

    static String write(RegionAdmin.View view, LogHealth health) {
        ObjectNode status = MAPPER.createObjectNode();
        status.put("regionId", view.registration().regionId());
        status.put("clusterId", view.registration().clusterId());
        status.put("registered", view.registration().isRegistered());
        status.put("epoch", view.orders().epoch().value());
        view.registration().master().ifPresent(master -> status.put("master", master.host() + ":" + master.port()));
        status.put("requests", view.service().requestCount());
        ObjectNode log = status.putObject("log");
        log.put("state", health.state().name());
        log.put("bytes", view.log().bytes());
        ArrayNode shards = status.putArray("shards");
        for (ShardReport report : view.shards().reports()) {
            shards.addObject()
                    .put("id", report.getShardId())
                    .put("view", report.getView())
                    .put("serving", report.getServing())
                    .put("failed", report.getFailed())
                    .put("applied", report.getAppliedIndex())
                    .put("schema", report.getSchemaVersion())
                    .put("indexesLeft", report.getIndexesLeft())
                    .put("rows", report.getRows());
        }
        try {
            return MAPPER.writeValueAsString(status) + "\n";
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("status cannot be written as JSON", e);
        }
    }
}
