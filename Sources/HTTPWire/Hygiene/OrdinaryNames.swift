/// Fields that the clients of many APIs send and that say nothing of who they are: no family of ours takes them in, even where its name
/// begins like theirs (`claims: {sub: X-Amz-User}`). What the configuration or `StripListNames` strips is stripped all the same.
enum OrdinaryNames {
    static let all = [
        // Tracing: W3C, Zipkin, Jaeger, Sentry, AWS, Google, Datadog.
        "Baggage", "B3", "X-B3-*", "Uber-Trace-Id", "Sentry-Trace", "X-Amzn-Trace-Id", "X-Cloud-Trace-Context", "X-Datadog-*",
        // The SDKs of AWS (its signatures cover these), Azure and Google, and generated clients.
        "X-Amz-*", "Amz-Sdk-*", "X-Ms-Client-Request-Id", "X-Ms-Return-Client-Request-Id", "X-Ms-Correlation-Request-Id", "X-Ms-Date",
        "X-Ms-Version", "X-Ms-Useragent", "X-Goog-Api-Client", "X-Goog-User-Project", "X-Goog-Request-Params", "X-Stainless-*", "Grpc-*",
        "X-Grpc-Web",
        // Keys, versions and retries.
        "X-Api-Key", "Api-Key", "X-Api-Version", "Api-Version", "Idempotency-Key", "X-Idempotency-Key", "X-Client-Version", "X-Client-Info",
        "X-Client-Request-Id", "X-Client-Data", "X-Csrf-Token", "X-Xsrf-Token", "X-Csrftoken",
        // Open banking (FAPI, UK, Brasil, Berlin Group) and signatures of messages (RFC 9421, RFC 9530).
        "X-FAPI-*", "X-Customer-User-Agent", "X-Jws-Signature", "Signature", "Signature-Input", "Digest", "Content-Digest", "Repr-Digest",
    ]
}
