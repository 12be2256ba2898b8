package io.mds.master.testing;

import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.zookeeper.ZooDefs.OpCode;

/**
 * Stands between one ZooKeeper client and the server, reads the frames that pass, and does to them what networks and
 * crashes do: a client that dies before or after its n-th request, a cut, events of watches that are lost, doubled, late.
 */
public final class TestingZooKeeperProxy implements AutoCloseable {
    private static final int PING = 11;
    private static final int EVENT = -1;
    private static final Set<Integer> WRITES = Set.of(
            OpCode.create,
            OpCode.create2,
            OpCode.createContainer,
            OpCode.createTTL,
            OpCode.delete,
            OpCode.setData,
            OpCode.setACL,
            OpCode.multi);

    /** When a client dies, seen from its request. */
    public enum Moment {
        BEFORE,
        AFTER
    }

    private final int serverPort;
    private final ServerSocket listener;
    private final List<Socket> sockets = new CopyOnWriteArrayList<>();
    private final ScheduledExecutorService later = Executors.newSingleThreadScheduledExecutor();
    private final AtomicInteger countdown = new AtomicInteger(-1);
    private volatile Moment moment;
    private volatile String lastWord;
    private volatile boolean writesOnly;
    private volatile Runnable onDeath = () -> {};
    private volatile boolean dead;
    private volatile boolean refusing;
    private volatile Random watchFaults;
    private volatile boolean losing;

    public TestingZooKeeperProxy(TestingZooKeeper server) {
        try {
            serverPort = server.port();
            listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        start(this::accept);
    }

    public String connectString() {
        return "127.0.0.1:" + listener.getLocalPort();
    }

    /** The n-th request from now on, pings not counted, is the client's last. */
    public void dieAt(int n, Moment when, Runnable death) {
        moment = when;
        onDeath = death;
        countdown.set(n);
    }

    /** It is the client's last request that changes anything, the n-th from now on. */
    public void dieAfterWrite(int n, Runnable death) {
        writesOnly = true;
        dieAt(n, Moment.AFTER, death);
    }

    /** What it was to die at it may send. */
    public void live() {
        countdown.set(-1);
    }

    /** The next request in which this text stands is the client's last. */
    public void dieAtRequestOf(String text, Moment when, Runnable death) {
        moment = when;
        onDeath = death;
        lastWord = text;
    }

    /** Nothing passes any more, in either direction; the sockets stay open. */
    public void die() {
        dead = true;
    }

    public boolean isDead() {
        return dead;
    }

    /** Loses, doubles and delays events of watches from now on. */
    public void faultyWatches(long seed) {
        watchFaults = new Random(seed);
    }

    /** Loses every event of a watch from now on. */
    public void loseWatches() {
        losing = true;
    }

    /** Closes the connections; the client may come back. */
    public void cut() {
        sockets.forEach(TestingZooKeeperProxy::close);
        sockets.clear();
    }

    /** Whether new connections are closed at once. */
    public void refuse(boolean value) {
        refusing = value;
        if (value) {
            cut();
        }
    }

    private void accept() {
        while (!listener.isClosed()) {
            try {
                Socket client = listener.accept();
                if (refusing || dead) {
                    client.close();
                    continue;
                }
                Socket server = new Socket(InetAddress.getLoopbackAddress(), serverPort);
                client.setTcpNoDelay(true);
                server.setTcpNoDelay(true);
                sockets.addAll(List.of(client, server));
                start(() -> requests(client, server));
                start(() -> answers(server, client));
            } catch (IOException e) {
                // The listener was closed, or the server is away; the client tries again.
            }
        }
    }

    private void requests(Socket client, Socket server) {
        try {
            DataInputStream in = new DataInputStream(client.getInputStream());
            DataOutputStream out = new DataOutputStream(server.getOutputStream());
            boolean first = true;
            while (true) {
                byte[] frame = read(in);
                int type = first ? PING : ByteBuffer.wrap(frame).getInt(4);
                boolean counted = type != PING && (!writesOnly || WRITES.contains(type));
                first = false;
                if (counted && (isLast() || hasLastWord(frame))) {
                    dead = true;
                    if (moment == Moment.AFTER) {
                        write(out, frame);
                    }
                    start(onDeath);
                }
                if (!dead) {
                    write(out, frame);
                }
            }
        } catch (IOException e) {
            close(client);
            close(server);
        }
    }

    private boolean isLast() {
        return countdown.get() > 0 && countdown.decrementAndGet() == 0;
    }

    private boolean hasLastWord(byte[] frame) {
        String text = lastWord;
        return text != null && new String(frame, StandardCharsets.ISO_8859_1).contains(text);
    }

    private void answers(Socket server, Socket client) {
        try {
            DataInputStream in = new DataInputStream(server.getInputStream());
            DataOutputStream out = new DataOutputStream(client.getOutputStream());
            boolean first = true;
            while (true) {
                byte[] frame = read(in);
                boolean event = !first && ByteBuffer.wrap(frame).getInt(0) == EVENT;
                first = false;
                for (long delay : event ? fates() : List.of(0L)) {
                    if (delay > 0) {
                        var unused = later.schedule(() -> writeUnlessDead(out, frame), delay, TimeUnit.MILLISECONDS);
                    } else if (!dead) {
                        write(out, frame);
                    }
                }
            }
        } catch (IOException e) {
            close(client);
            close(server);
        }
    }

    /** After how many milliseconds an event passes, for each time that it does. */
    private List<Long> fates() {
        if (losing) {
            return List.of();
        }
        Random random = watchFaults;
        if (random == null) {
            return List.of(0L);
        }
        return switch (random.nextInt(4)) {
            case 0 -> List.of();
            case 1 -> List.of(0L, 0L);
            case 2 -> List.of((long) random.nextInt(200) + 1);
            default -> List.of(0L, (long) random.nextInt(300) + 1);
        };
    }

    private void writeUnlessDead(DataOutputStream out, byte[] frame) {
        try {
            if (!dead) {
                write(out, frame);
            }
        } catch (IOException e) {
            // The connection went before the delayed event.
        }
    }

    private static byte[] read(DataInputStream in) throws IOException {
        byte[] frame = new byte[in.readInt()];
        in.readFully(frame);
        return frame;
    }

    private static void write(DataOutputStream out, byte[] frame) throws IOException {
        synchronized (out) {
            byte[] whole = ByteBuffer.allocate(frame.length + 4)
                    .putInt(frame.length)
                    .put(frame)
                    .array();
            out.write(whole);
            out.flush();
        }
    }

    private static void start(Runnable work) {
        Thread thread = new Thread(work, "testing-zookeeper-proxy");
        thread.setDaemon(true);
        thread.start();
    }

    private static void close(Socket socket) {
        try {
            socket.close();
        } catch (IOException e) {
            // It is gone either way.
        }
    }

    @Override
    public void close() {
        try {
            listener.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        new ArrayList<>(sockets).forEach(TestingZooKeeperProxy::close);
        later.shutdownNow();
    }
}
