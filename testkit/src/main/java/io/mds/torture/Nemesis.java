package io.mds.torture;

import io.mds.testkit.Links;
import io.mds.testkit.MdsCli;
import io.mds.testkit.MdsCluster;
import io.mds.testkit.Member;
import io.mds.znode.RegionRecord;
import io.mds.znode.ShardRecord;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.stream.Stream;

/**
 * Does faults to a cluster and undoes them.
 *
 * <p>Thread: one.
 */
final class Nemesis {
    private final MdsCluster cluster;
    private final MdsCli cli;
    private final Consumer<String> notes;
    private final Map<Fault.Kind, Integer> done = new EnumMap<>(Fault.Kind.class);
    private final Set<Member> killed = new HashSet<>();
    private final Set<String> endedByThemselves = new LinkedHashSet<>();

    /**
     * @param notes told what is done, when it is done
     */
    Nemesis(MdsCluster cluster, MdsCli cli, Consumer<String> notes) {
        this.cluster = cluster;
        this.cli = cli;
        this.notes = notes;
    }

    /** How often each kind of fault was done. */
    Map<Fault.Kind, Integer> done() {
        return done;
    }

    /** Members that were found dead though nobody had killed them. */
    Set<String> endedByThemselves() {
        return endedByThemselves;
    }

    /** Data that regions took for damaged and put aside, though nothing that is done here damages any. */
    List<Path> putAside() {
        List<Path> found = new ArrayList<>();
        for (Member region : cluster.regions()) {
            try (Stream<Path> files = Files.list(region.directory())) {
                files.filter(file -> file.getFileName().toString().contains(".damaged-"))
                        .forEach(found::add);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
        return found;
    }

    /** Does the faults together and heals each after its time. */
    void run(FaultPlan.Round round) throws InterruptedException {
        sleep(round.pauseMillis());
        long begin = System.nanoTime();
        List<Fault> begun = new ArrayList<>();
        for (Fault fault : round.faults()) {
            if (attempt(fault)) {
                begun.add(fault);
            }
        }
        begun.sort(Comparator.comparingLong(Fault::millis));
        for (Fault fault : begun) {
            sleep(fault.millis() - TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - begin));
            heal(fault);
            notes.accept("healed: " + fault);
        }
    }

    private static void sleep(long millis) throws InterruptedException {
        TimeUnit.MILLISECONDS.sleep(Math.max(0, millis));
    }

    private boolean attempt(Fault fault) {
        notes.accept("fault: " + fault);
        noteTheDead();
        try {
            if (!inject(fault)) {
                return false;
            }
        } catch (IllegalStateException e) {
            // A member has no session now, a process is over: such a fault has nothing to hit.
            notes.accept("not done: " + fault + ": " + e.getMessage());
            return false;
        }
        done.merge(fault.kind(), 1, Integer::sum);
        return true;
    }

    private boolean inject(Fault fault) {
        Links links = cluster.links();
        switch (fault.kind()) {
            case KILL_REGION -> kill(region(fault));
            case PAUSE_REGION -> region(fault).pause();
            case KILL_ALL_REGIONS -> cluster.regions().parallelStream().forEach(Member::kill);
            case CUT_CLIENTS_FROM_REGION -> links.cutClients(region(fault), fault.cut());
            case CUT_REGION_FROM_REGION -> {
                links.cut(region(fault), cluster.region(fault.other()), fault.cut());
                links.cut(cluster.region(fault.other()), region(fault), fault.cut());
            }
            case ISOLATE_REGION -> region(fault).isolate();
            case DRAIN_REGION -> {
                return operate("region", "drain", id(region(fault)));
            }
            case EMPTY_REGION -> {
                return operate("region", "drain", id(region(fault)), "--replicas");
            }
            case MOVE_SHARD -> {
                return move(fault);
            }
            case ADD_REGION -> cluster.addRegion();
            case CUT_REGION_FROM_MASTER -> links.cut(region(fault), master(fault), fault.cut());
            case CUT_REGION_FROM_ZOOKEEPER -> links.cutZooKeeper(region(fault), fault.cut());
            case EXPIRE_REGION -> cluster.expireSession(region(fault));
            case KILL_MASTER -> kill(master(fault));
            case PAUSE_MASTER -> master(fault).pause();
            case CUT_MASTER_FROM_ZOOKEEPER -> links.cutZooKeeper(master(fault), fault.cut());
            case EXPIRE_MASTER -> cluster.expireSession(master(fault));
            case STOP_ZOOKEEPER -> cluster.zooKeeper().stop();
        }
        if (fault.kind() == Fault.Kind.KILL_ALL_REGIONS) {
            killed.addAll(cluster.regions());
        }
        return true;
    }

    private void heal(Fault fault) {
        switch (fault.kind()) {
            case KILL_REGION, KILL_ALL_REGIONS, KILL_MASTER -> startTheDead();
            case PAUSE_REGION -> region(fault).resume();
            case PAUSE_MASTER -> master(fault).resume();
            case ISOLATE_REGION -> region(fault).reconnect();
            case CUT_CLIENTS_FROM_REGION,
                    CUT_REGION_FROM_REGION,
                    CUT_REGION_FROM_MASTER,
                    CUT_REGION_FROM_ZOOKEEPER,
                    CUT_MASTER_FROM_ZOOKEEPER -> cluster.links().heal();
            case DRAIN_REGION, EMPTY_REGION -> operate("region", "drain", id(region(fault)), "--cancel");
            case STOP_ZOOKEEPER -> cluster.zooKeeper().start();
            case ADD_REGION, MOVE_SHARD, EXPIRE_REGION, EXPIRE_MASTER -> {}
        }
    }

    private String id(Member region) {
        return cluster.view()
                .regionId(region.port())
                .map(String::valueOf)
                .orElseThrow(() -> new IllegalStateException(region.name() + " is no member now"));
    }

    /** One of the shard's replicas goes to a region that has none. */
    private boolean move(Fault fault) {
        List<ShardRecord> shards = cluster.view().shards();
        if (shards.size() < fault.other()) {
            throw new IllegalStateException("ZooKeeper does not tell of shard " + fault.other() + " now");
        }
        ShardRecord shard = shards.get(fault.other() - 1);
        long to = cluster.view().regions().stream()
                .map(RegionRecord::id)
                .filter(id ->
                        !shard.replicas().contains(id) && !shard.learners().contains(id))
                .findFirst()
                .orElseThrow(() -> new IllegalStateException("no region is without a replica of shard " + shard.id()));
        long from = shard.replicas().get(fault.region() % shard.replicas().size());
        return operate("shard", "move", "" + shard.id(), "--from", "" + from, "--to", "" + to);
    }

    /** Gives a command as an operator would; false when it is refused. */
    private boolean operate(String... command) {
        MdsCli.Ending ending = cli.run(command);
        if (ending.exitCode() != 0) {
            notes.accept("not done: " + String.join(" ", command) + ": "
                    + ending.output().lines().findFirst().orElse("exit code " + ending.exitCode()));
        }
        return ending.exitCode() == 0;
    }

    private void kill(Member member) {
        member.kill();
        killed.add(member);
    }

    private void startTheDead() {
        noteTheDead();
        killed.forEach(Member::start);
        killed.clear();
    }

    private void noteTheDead() {
        members().filter(member -> !member.isRunning() && killed.add(member)).forEach(member -> {
            String output = member.output().strip();
            String lastLine = output.substring(output.lastIndexOf('\n') + 1);
            endedByThemselves.add(member.name() + " ended by itself: " + lastLine);
            notes.accept(member.name() + " is found dead: " + lastLine);
        });
    }

    /** Undoes all that is still done. */
    void healAll() {
        cluster.zooKeeper().start();
        cluster.links().heal();
        startTheDead();
        members().forEach(member -> {
            member.resume();
            member.reconnect();
        });
    }

    private Stream<Member> members() {
        return Stream.concat(cluster.masters().stream(), cluster.regions().stream());
    }

    private Member region(Fault fault) {
        return cluster.region(fault.region());
    }

    private Member master(Fault fault) {
        return cluster.master(fault.other());
    }
}
