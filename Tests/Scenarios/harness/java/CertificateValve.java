import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.security.cert.CertificateEncodingException;
import java.security.cert.X509Certificate;
import java.util.Base64;
import org.apache.catalina.Context;
import org.apache.catalina.startup.Tomcat;
import org.apache.catalina.valves.RemoteIpValve;
import org.apache.catalina.valves.SSLValve;

/** Tomcat with its own valves, and a servlet that says what they made of a request: `CertificateValve FOLDER PATH=FIELD...`. */
public class CertificateValve {
    public static void main(String[] arguments) throws Exception {
        Tomcat tomcat = new Tomcat();
        tomcat.setBaseDir(arguments[0]);
        tomcat.setPort(0);
        tomcat.getConnector().setProperty("address", "127.0.0.1");
        tomcat.getConnector().setProperty("maxHttpHeaderSize", "131072");
        tomcat.getEngine().getPipeline().addValve(remoteAddress());
        for (int index = 1; index < arguments.length; index++) {
            String[] pair = arguments[index].split("=", 2);
            Context context = tomcat.addContext(pair[0], arguments[0]);
            SSLValve valve = new SSLValve();
            valve.setSslClientEscapedCertHeader(pair[1]);
            context.getPipeline().addValve(valve);
            Tomcat.addServlet(context, "teller", new Teller());
            context.addServletMappingDecoded("/*", "teller");
        }
        tomcat.start();
        System.out.println("{\"address\": \"127.0.0.1:" + tomcat.getConnector().getLocalPort() + "\"}");
        tomcat.getServer().await();
    }

    private static RemoteIpValve remoteAddress() {
        RemoteIpValve valve = new RemoteIpValve();
        valve.setProtocolHeader("X-Forwarded-Proto");
        // Else every address of a loopback interface is taken for one more proxy.
        valve.setInternalProxies("127\\.0\\.0\\.1");
        return valve;
    }

    /** A line each: the scheme, the client's address, the certificates in base64. */
    static class Teller extends HttpServlet {
        @Override
        protected void service(HttpServletRequest request, HttpServletResponse response) throws IOException {
            StringBuilder told = new StringBuilder(request.getScheme()).append('\n').append(request.getRemoteAddr()).append('\n');
            Object found = request.getAttribute("jakarta.servlet.request.X509Certificate");
            if (found instanceof X509Certificate[] certificates) {
                for (X509Certificate certificate : certificates) told.append(encoded(certificate)).append('\n');
            }
            byte[] body = told.toString().getBytes("US-ASCII");
            response.setContentLength(body.length);
            response.getOutputStream().write(body);
        }

        private static String encoded(X509Certificate certificate) throws IOException {
            try {
                return Base64.getEncoder().encodeToString(certificate.getEncoded());
            } catch (CertificateEncodingException error) {
                throw new IOException(error);
            }
        }
    }
}
