package io.mds.testkit;

import java.io.IOException;
import java.net.HttpURLConnection;
import java.net.URI;

/** Asks a member's admin server whether it is ready, as a load balancer would. */
final class ReadyPage {
    private static final int TIMEOUT_MS = 1_000;

    private ReadyPage() {}

    static boolean answers(int adminPort) {
        try {
            HttpURLConnection connection = (HttpURLConnection) URI.create("http://127.0.0.1:" + adminPort + "/ready")
                    .toURL()
                    .openConnection();
            connection.setConnectTimeout(TIMEOUT_MS);
            connection.setReadTimeout(TIMEOUT_MS);
            try {
                return connection.getResponseCode() == HttpURLConnection.HTTP_OK;
            } finally {
                connection.disconnect();
            }
        } catch (IOException e) {
            return false;
        }
    }
}
