import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.concurrent.Executors;

/** A small API on the JDK's own server: prints its port. */
public class Api {
    public static void main(String[] words) throws Exception {
        HttpServer server = HttpServer.create(new InetSocketAddress("127.0.0.1", 0), 0);
        server.setExecutor(Executors.newFixedThreadPool(4));
        server.createContext("/", Api::answer);
        server.start();
        System.out.println(server.getAddress().getPort());
    }

    static void answer(HttpExchange exchange) throws IOException {
        try (exchange) {
            MessageDigest hash = MessageDigest.getInstance("SHA-256");
            hash.update(exchange.getRequestBody().readAllBytes());
            String path = exchange.getRequestURI().getPath();
            boolean isHead = exchange.getRequestMethod().equals("HEAD");
            if (path.equals("/none")) {
                exchange.sendResponseHeaders(204, -1);
            } else if (path.equals("/stream")) {
                exchange.sendResponseHeaders(200, 0);
                for (int part = 0; part < 100; part++) exchange.getResponseBody().write("x".repeat(1000).getBytes());
            } else {
                byte[] body = (HexFormat.of().formatHex(hash.digest()) + " " + exchange.getRequestHeaders().getFirst("X-Client-Cert-SHA256")).getBytes();
                if (isHead) exchange.getResponseHeaders().set("Content-Length", String.valueOf(body.length));
                exchange.sendResponseHeaders(200, isHead ? -1 : body.length);
                if (!isHead) exchange.getResponseBody().write(body);
            }
        } catch (java.security.NoSuchAlgorithmException impossible) {
            throw new IOException(impossible);
        }
    }
}
