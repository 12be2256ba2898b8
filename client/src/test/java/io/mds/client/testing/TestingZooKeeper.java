package io.mds.client.testing;

import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.jute.BinaryInputArchive;
import org.apache.jute.BinaryOutputArchive;
import org.apache.jute.Record;
import org.apache.zookeeper.ClientCnxn;
import org.apache.zookeeper.KeeperException;
import org.apache.zookeeper.Watcher;
import org.apache.zookeeper.ZooDefs;
import org.apache.zookeeper.data.Stat;
import org.apache.zookeeper.proto.ConnectRequest;
import org.apache.zookeeper.proto.ConnectResponse;
import org.apache.zookeeper.proto.ExistsRequest;
import org.apache.zookeeper.proto.ExistsResponse;
import org.apache.zookeeper.proto.GetDataRequest;
import org.apache.zookeeper.proto.GetDataResponse;
import org.apache.zookeeper.proto.ReplyHeader;
import org.apache.zookeeper.proto.RequestHeader;
import org.apache.zookeeper.proto.WatcherEvent;

/** As much of a ZooKeeper server as a client needs that opens a session, reads and watches a znode and closes the session. */
public final class TestingZooKeeper implements AutoCloseable {
    private final ServerSocket server;
    private final Map<String, byte[]> znodes = new ConcurrentHashMap<>();
    private final Set<String> forbidden = ConcurrentHashMap.newKeySet();
    private final Map<DataOutputStream, String> watches = new ConcurrentHashMap<>();
    private final Set<Socket> open = ConcurrentHashMap.newKeySet();
    private final AtomicInteger sessions = new AtomicInteger();
    private final AtomicInteger closedSessions = new AtomicInteger();
    private final AtomicLong reads = new AtomicLong();
    private volatile boolean silent;

    public TestingZooKeeper() {
        try {
            server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        start(this::accept);
    }

    private static void start(Runnable work) {
        Thread thread = new Thread(work, "testing-zookeeper");
        thread.setDaemon(true);
        thread.start();
    }

    public int port() {
        return server.getLocalPort();
    }

    public void put(String path, byte[] data) {
        znodes.put(path, data);
        tell(path, Watcher.Event.EventType.NodeDataChanged);
    }

    public void remove(String path) {
        znodes.remove(path);
        tell(path, Watcher.Event.EventType.NodeDeleted);
    }

    public void forbid(String path) {
        forbidden.add(path);
    }

    /** Accepts connections and says nothing. */
    public void silent(boolean value) {
        this.silent = value;
    }

    /** How many sessions wait for a change. */
    public int watches() {
        return watches.size();
    }

    public int sessions() {
        return sessions.get();
    }

    /** How often a znode's content was asked for. */
    public long reads() {
        return reads.get();
    }

    public int closedSessions() {
        return closedSessions.get();
    }

    private void accept() {
        while (!server.isClosed()) {
            try {
                Socket socket = server.accept();
                open.add(socket);
                start(() -> serve(socket));
            } catch (IOException e) {
                return;
            }
        }
    }

    private void serve(Socket socket) {
        try (socket) {
            DataInputStream in = new DataInputStream(socket.getInputStream());
            DataOutputStream out = new DataOutputStream(socket.getOutputStream());
            ConnectRequest connect = new ConnectRequest();
            connect.deserialize(frame(in), "connect");
            if (silent) {
                int unused = in.read();
                return;
            }
            int session = sessions.incrementAndGet();
            write(out, new ConnectResponse(0, connect.getTimeOut(), session, new byte[16], false));
            while (answer(in, out)) {
                // One request after the other.
            }
        } catch (IOException e) {
            // The client has gone, or this server is being closed.
            open.remove(socket);
        }
    }

    private boolean answer(DataInputStream in, DataOutputStream out) throws IOException {
        BinaryInputArchive request = frame(in);
        RequestHeader header = new RequestHeader();
        header.deserialize(request, "header");
        switch (header.getType()) {
            case ZooDefs.OpCode.getData -> {
                reads.incrementAndGet();
                GetDataRequest get = new GetDataRequest();
                get.deserialize(request, "get");
                if (get.getWatch()) {
                    watches.put(out, get.getPath());
                }
                byte[] data = znodes.get(get.getPath());
                if (forbidden.contains(get.getPath())) {
                    write(out, new ReplyHeader(header.getXid(), 1, KeeperException.Code.NOAUTH.intValue()));
                } else if (data == null) {
                    write(out, new ReplyHeader(header.getXid(), 1, KeeperException.Code.NONODE.intValue()));
                } else {
                    write(out, new ReplyHeader(header.getXid(), 1, 0), new GetDataResponse(data, new Stat()));
                }
            }
            case ZooDefs.OpCode.exists -> {
                ExistsRequest exists = new ExistsRequest();
                exists.deserialize(request, "exists");
                if (exists.getWatch()) {
                    watches.put(out, exists.getPath());
                }
                if (znodes.containsKey(exists.getPath())) {
                    write(out, new ReplyHeader(header.getXid(), 1, 0), new ExistsResponse(new Stat()));
                } else {
                    write(out, new ReplyHeader(header.getXid(), 1, KeeperException.Code.NONODE.intValue()));
                }
            }
            case ZooDefs.OpCode.closeSession -> {
                watches.remove(out);
                closedSessions.incrementAndGet();
                write(out, new ReplyHeader(header.getXid(), 1, 0));
                return false;
            }
            default -> write(out, new ReplyHeader(header.getXid(), 1, 0));
        }
        return true;
    }

    private void tell(String path, Watcher.Event.EventType type) {
        for (DataOutputStream out : watches.keySet()) {
            if (watches.remove(out, path)) {
                try {
                    int connected = Watcher.Event.KeeperState.SyncConnected.getIntValue();
                    write(
                            out,
                            new ReplyHeader(ClientCnxn.NOTIFICATION_XID, -1, 0),
                            new WatcherEvent(type.getIntValue(), connected, path));
                } catch (IOException e) {
                    // The client has gone.
                    watches.remove(out);
                }
            }
        }
    }

    private static BinaryInputArchive frame(DataInputStream in) throws IOException {
        byte[] bytes = new byte[in.readInt()];
        in.readFully(bytes);
        return BinaryInputArchive.getArchive(new java.io.ByteArrayInputStream(bytes));
    }

    private static void write(DataOutputStream out, Record... records) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        BinaryOutputArchive archive = BinaryOutputArchive.getArchive(bytes);
        for (Record record : records) {
            record.serialize(archive, "record");
        }
        synchronized (out) {
            out.writeInt(bytes.size());
            bytes.writeTo(out);
            out.flush();
        }
    }

    @Override
    public void close() {
        try {
            server.close();
            for (Socket socket : open) {
                socket.close();
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
