package io.mds.torture.check;

import io.mds.torture.check.Operation.Level;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** How much the reads of a history put the levels of consistency to the test. */
public final class LevelCounts {
    private final Map<Level, Integer> answered = new EnumMap<>(Level.class);
    private final Map<Level, Integer> behind = new EnumMap<>(Level.class);
    private final Map<Level, Long> oldest = new EnumMap<>(Level.class);
    private final Set<String> sessions = new HashSet<>();
    private int handedOn;

    public LevelCounts(History history) {
        Map<String, String> users = new HashMap<>();
        for (Operation operation : history.operations()) {
            Operation.Call call = operation.call();
            if (call.kind().isRead() && operation.isOk()) {
                answered.merge(call.level(), 1, Integer::sum);
                Long stated = operation.result().stalenessMs();
                oldest.merge(call.level(), stated == null ? 0 : stated, Math::max);
            }
            if (call.session() != null) {
                sessions.add(call.session());
                String before = users.put(call.session(), call.client());
                handedOn += before == null || before.equals(call.client()) ? 0 : 1;
            }
        }
        Partition.steps(history.operations()).values().forEach(this::countBehind);
    }

    private void countBehind(List<Step> steps) {
        Partition partition = Partition.of(steps);
        Set<Long> counted = new HashSet<>();
        for (Step step : steps) {
            Operation operation = step.operation();
            if (step.isRead()
                    && partition.missed(step, operation.invoked()) != null
                    && counted.add(operation.call().id())) {
                behind.merge(operation.call().level(), 1, Integer::sum);
            }
        }
    }

    public int answered(Level level) {
        return answered.getOrDefault(level, 0);
    }

    /** How many answers did not show something that was acknowledged before they were asked for. */
    public int behind(Level level) {
        return behind.getOrDefault(level, 0);
    }

    /** The highest age that an answer told. */
    public long oldestMs(Level level) {
        return oldest.getOrDefault(level, 0L);
    }

    /** With those that are the clients themselves. */
    public int sessions() {
        return sessions.size();
    }

    /** How often somebody else went on with a session. */
    public int handedOn() {
        return handedOn;
    }
}
