package io.mds.rpc;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import java.util.List;

/** What the package logs from now on, instead of where it would have gone. */
final class TestingLog implements AutoCloseable {
    private final Logger logger = (Logger) RpcTransport.LOG;
    private final ListAppender<ILoggingEvent> appender = new ListAppender<>();

    TestingLog() {
        appender.start();
        logger.addAppender(appender);
        logger.setAdditive(false);
    }

    List<String> atLeast(Level level) {
        return List.copyOf(appender.list).stream()
                .filter(event -> event.getLevel().isGreaterOrEqual(level))
                .map(ILoggingEvent::getFormattedMessage)
                .toList();
    }

    @Override
    public void close() {
        logger.setAdditive(true);
        logger.detachAppender(appender);
    }
}
