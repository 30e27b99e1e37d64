import BindingPolicy
import Crypto
import Timekeeping

/// The status for people: one page of HTML without foreign assets, to be read on a phone, in a terminal, and without its script.
///
/// All text is escaped, and the policy of the page allows its own style and script alone, by their hashes: what others wrote into a certificate
/// or a handshake could do nothing even where it got through.
enum StatusPage {
    /// Fields of its answer.
    static let fields = [
        (
            "Content-Security-Policy",
            "default-src 'none'; style-src 'sha256-\(hash(style))'; script-src 'sha256-\(hash(script))'; connect-src 'self'; base-uri 'none'; "
                + "form-action 'none'; frame-ancestors 'none'"
        ),
        ("X-Content-Type-Options", "nosniff"), ("Referrer-Policy", "no-referrer"),
    ]

    static func html(_ report: StatusReport) -> String {
        """
        <!DOCTYPE html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <title>\(report.isReady ? "ready" : "not ready") - Holdfast</title>
        <noscript><meta http-equiv="refresh" content="10"></noscript>
        <style>\(style)</style>
        </head>
        <body>
        <main>
        \(body(report))
        </main>
        <script>\(script)</script>
        </body>
        </html>

        """
    }

    /// It takes the place of what it shows by what the same address says now. Where that fails, it says since when it is old.
    private static let script = """
        setInterval(async () => {
          const main = document.querySelector("main");
          try {
            const answer = await fetch(location.href, {cache: "no-store"});
            const page = new DOMParser().parseFromString(await answer.text(), "text/html");
            main.replaceWith(page.querySelector("main"));
            document.title = page.title;
          } catch (error) {
            main.className = "old";
            document.title = "no answer - Holdfast";
          }
        }, 2000);
        """

    private static let style = """
        :root { color-scheme: light dark; font: 15px/1.4 system-ui, sans-serif; }
        body { margin: 0 auto; max-width: 70rem; padding: 0 1rem 2rem; }
        h1 { font-size: 1.5rem; margin: 1rem 0 .25rem; } h2 { font-size: 1.05rem; margin: 1.5rem 0 .25rem; }
        .well { color: #14803c; } .bad { color: #c81e1e; } .warn { color: #a15c00; }
        @media (prefers-color-scheme: dark) { .well { color: #4ade80; } .bad { color: #f87171; } .warn { color: #fbbf24; } }
        .old { opacity: .4; } small { opacity: .7; }
        .wide { overflow-x: auto; } .columns { display: flex; flex-wrap: wrap; gap: 0 2.5rem; }
        table { border-collapse: collapse; } th, td { padding: .2rem .9rem .2rem 0; text-align: left; vertical-align: top; }
        tr { border-bottom: 1px solid #8884; } th { font-weight: 600; } td.number { text-align: right; font-variant-numeric: tabular-nums; }
        code { font: 13px ui-monospace, monospace; overflow-wrap: anywhere; } ul { margin: .25rem 0; padding-left: 1.2rem; }
        """

    /// As a policy writes it: base64, not base64url.
    private static func hash(_ text: String) -> String {
        let digest = Base64URL.encode(Array(SHA256.hash(data: Array(text.utf8))))
        return digest.replacing("-", with: "+").replacing("_", with: "/") + "="
    }
}
