package io.mds.torture.check;

import io.mds.torture.check.Step.Action;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Comparator;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * The search for an order of the operations on one row.
 *
 * <p>After Lowe, "Testing for linearizability" (2017): events are taken in the order of time, and when an operation
 * returns, each configuration (a state of the row, and which of the operations under way have taken effect) is led on
 * through all orders of the others until that operation has taken effect. Operations of unknown outcome stay under way for
 * ever.
 *
 * <p>What keeps it short: of two configurations of which one leaves more open only that one is kept; versions, which
 * answers tell, grow with each write, so a configuration that is past a version which is still to come is dropped; and of
 * several operations of unknown outcome that no answer still to come can tell from each other the oldest stands for all.
 *
 * <p>Thread: one; used once.
 */
final class RowSearch {
    private static final int SHOWN_STATES = 5;
    private static final int SHOWN_STEPS = 12;

    private final String row;
    private final List<Step> steps;
    private final long limit;
    private final Witnesses witnesses;
    private final Lineage lineage;
    private final List<Step> slots = new ArrayList<>();
    private final Map<Step, Integer> slotOf = new IdentityHashMap<>();
    private final BitSet free = new BitSet();
    /** Slots of operations that will return. */
    private final BitSet known = new BitSet();
    /** Slots of operations of unknown outcome, in the order in which they began. */
    private final List<Integer> unknown = new ArrayList<>();

    /** The lowest version of an answer to an operation that has not begun. */
    private long lowestToCome;

    private long effort;

    RowSearch(String row, List<Step> steps, long limit) {
        this.row = row;
        this.steps = steps;
        this.limit = limit;
        this.witnesses = new Witnesses(steps);
        this.lineage = new Lineage(steps);
    }

    /** An end of a step; at the same time beginnings come first, which allows more. */
    private record Event(long time, boolean begins, Step step) {}

    /** Thrown when a row costs more than the limit. */
    private static final class TooMuchEffort extends RuntimeException {
        private static final long serialVersionUID = 1L;

        private TooMuchEffort() {
            super(null, null, false, false);
        }
    }

    Optional<Finding> run() {
        List<Event> events = events();
        long[] lowest = lowestVersions(events);
        Frontier frontier = new Frontier();
        frontier.add(new Configuration(Register.EMPTY, new BitSet(), new BitSet()));
        for (int i = 0; i < events.size(); i++) {
            Event event = events.get(i);
            lowestToCome = lowest[i + 1];
            if (event.begins()) {
                begin(event.step());
                continue;
            }
            int slot = slotOf.remove(event.step());
            Frontier next;
            try {
                next = complete(frontier, slot, event.time());
            } catch (TooMuchEffort e) {
                return Optional.of(Finding.undecided(
                        Linearizability.NAME,
                        row,
                        "gave up after " + limit + " steps at "
                                + event.step().operation().describe() + "; raise --effort"));
            }
            if (next.isEmpty()) {
                return Optional.of(Finding.violation(Linearizability.NAME, row, explain(event.step(), frontier.all())));
            }
            slots.set(slot, null);
            free.set(slot);
            known.clear(slot);
            frontier = next;
        }
        return Optional.empty();
    }

    private List<Event> events() {
        List<Event> events = new ArrayList<>();
        for (Step step : steps) {
            events.add(new Event(step.from(), true, step));
            if (!step.isUnknown()) {
                events.add(new Event(step.operation().completed(), false, step));
            }
        }
        events.sort(Comparator.comparingLong(Event::time).thenComparing(event -> event.begins() ? 0 : 1));
        return events;
    }

    /** For each position, the lowest version of those that begin there or later. */
    private static long[] lowestVersions(List<Event> events) {
        long[] lowest = new long[events.size() + 1];
        lowest[events.size()] = Long.MAX_VALUE;
        for (int i = events.size() - 1; i >= 0; i--) {
            Event event = events.get(i);
            boolean counts = event.begins() && event.step().version() != null;
            lowest[i] = counts ? Math.min(lowest[i + 1], event.step().version()) : lowest[i + 1];
        }
        return lowest;
    }

    private void begin(Step step) {
        int slot = free.nextSetBit(0);
        if (slot < 0) {
            slot = slots.size();
            slots.add(step);
        } else {
            slots.set(slot, step);
            free.clear(slot);
        }
        slotOf.put(step, slot);
        if (step.isUnknown()) {
            unknown.add(slot);
        } else {
            known.set(slot);
        }
    }

    /** Leads each configuration on until the step in this slot has taken effect. */
    private Frontier complete(Frontier from, int slot, long now) {
        List<List<Integer>> classes = unknownThatCanBeTold(now);
        Frontier done = new Frontier();
        Frontier visited = new Frontier();
        List<Configuration> open = new ArrayList<>();
        from.all().forEach(configuration -> visit(configuration, visited, open));
        while (!open.isEmpty()) {
            Configuration configuration = open.remove(open.size() - 1);
            if (configuration.known.get(slot)) {
                configuration.known.clear(slot);
                done.add(configuration);
                continue;
            }
            for (int other = known.nextSetBit(0); other >= 0; other = known.nextSetBit(other + 1)) {
                if (!configuration.known.get(other)) {
                    follow(configuration, other, visited, open);
                }
            }
            for (List<Integer> equals : classes) {
                equals.stream()
                        .filter(other -> !configuration.unknown.get(other))
                        .findFirst()
                        .ifPresent(other -> follow(configuration, other, visited, open));
            }
        }
        return done;
    }

    /** Operations of unknown outcome in classes whose members make no difference to what is still to come. */
    private List<List<Integer>> unknownThatCanBeTold(long now) {
        Map<List<Object>, List<Integer>> classes = new LinkedHashMap<>();
        for (int slot : unknown) {
            Step step = slots.get(slot);
            // A value that nobody is going to see is as good as any other such.
            boolean told = step.action() == Action.ADD || witnesses.willSee(step, now);
            List<Object> marks = List.of(step.action(), step.expected(), told ? step.value() : "unseen");
            classes.computeIfAbsent(marks, ignored -> new ArrayList<>()).add(slot);
        }
        return List.copyOf(classes.values());
    }

    private void follow(Configuration from, int slot, Frontier visited, List<Configuration> open) {
        if (++effort > limit) {
            throw new TooMuchEffort();
        }
        Step step = slots.get(slot);
        Register after = from.register.after(step);
        if (after != null) {
            Configuration next = new Configuration(
                    lineage.forget(after), (BitSet) from.known.clone(), (BitSet) from.unknown.clone());
            (step.isUnknown() ? next.unknown : next.known).set(slot);
            if (!isPastAVersionToCome(next)) {
                visit(next, visited, open);
            }
        }
    }

    private boolean isPastAVersionToCome(Configuration configuration) {
        Register register = configuration.register;
        if (register.isPast(lowestToCome, true)) {
            return true;
        }
        for (int slot = known.nextSetBit(0); slot >= 0; slot = known.nextSetBit(slot + 1)) {
            Step step = slots.get(slot);
            if (!configuration.known.get(slot)
                    && step.version() != null
                    && register.isPast(step.version(), step.action().observes())) {
                return true;
            }
        }
        return false;
    }

    private void visit(Configuration configuration, Frontier visited, List<Configuration> open) {
        observe(configuration);
        if (visited.add(configuration)) {
            open.add(configuration.copy());
        }
    }

    /** What only looks and can look now may as well: nothing else becomes impossible by that. */
    private void observe(Configuration configuration) {
        for (int slot = known.nextSetBit(0); slot >= 0; slot = known.nextSetBit(slot + 1)) {
            Step step = slots.get(slot);
            if (step.action().observes() && !configuration.known.get(slot)) {
                Register after = configuration.register.after(step);
                if (after != null && after.equals(configuration.register)) {
                    configuration.known.set(slot);
                }
            }
        }
    }

    private String explain(Step impossible, List<Configuration> possible) {
        StringBuilder text = new StringBuilder("no order explains ")
                .append(impossible.operation().describe())
                .append("\n    before it the row was ")
                .append(possible.stream()
                        .limit(SHOWN_STATES)
                        .map(configuration -> configuration.register.toString())
                        .distinct()
                        .collect(Collectors.joining(", or ")));
        if (possible.size() > SHOWN_STATES) {
            text.append(", or one of ").append(possible.size() - SHOWN_STATES).append(" more");
        }
        long until = impossible.operation().completed();
        List<Operation> ended = steps.stream()
                .map(Step::operation)
                .filter(operation -> operation.completed() <= until)
                .sorted(Comparator.comparingLong(Operation::completed))
                .toList();
        text.append("\n    the last operations on the row:");
        ended.subList(Math.max(0, ended.size() - SHOWN_STEPS), ended.size())
                .forEach(operation -> text.append("\n      ").append(operation.describe()));
        steps.stream()
                .map(Step::operation)
                .filter(operation -> operation.invoked() <= until && operation.completed() > until)
                .limit(SHOWN_STEPS)
                .forEach(operation -> text.append("\n      under way: ").append(operation.describe()));
        return text.toString();
    }
}
