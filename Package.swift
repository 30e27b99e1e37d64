// swift-tools-version: 6.2
import PackageDescription

/// One settings array for every Swift target.
let settings: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
]

let nio = "swift-nio"
let nioCore: Target.Dependency = .product(name: "NIOCore", package: nio)
let nioPosix: Target.Dependency = .product(name: "NIOPosix", package: nio)
let nioTLS: Target.Dependency = .product(name: "NIOTLS", package: nio)
let nioHTTP1: Target.Dependency = .product(name: "NIOHTTP1", package: nio)
let nioEmbedded: Target.Dependency = .product(name: "NIOEmbedded", package: nio)
let nioSSL: Target.Dependency = .product(name: "NIOSSL", package: "swift-nio-ssl")
let hpack: Target.Dependency = .product(name: "NIOHPACK", package: "swift-nio-http2")
let crypto: Target.Dependency = .product(name: "Crypto", package: "swift-crypto")
let cryptoExtras: Target.Dependency = .product(name: "CryptoExtras", package: "swift-crypto")
let log: Target.Dependency = .product(name: "Logging", package: "swift-log")
let arguments: Target.Dependency = .product(name: "ArgumentParser", package: "swift-argument-parser")
let certificates: Target.Dependency = .product(name: "X509", package: "swift-certificates")
let asn1: Target.Dependency = .product(name: "SwiftASN1", package: "swift-asn1")

let package = Package(
    name: "holdfast",
    products: [
        .executable(name: "holdfast", targets: ["holdfast"]),
        .executable(name: "holdfast-lab", targets: ["holdfast-lab"]),
    ],
    dependencies: [
        // Event loops and sockets of the data path.
        .package(url: "https://github.com/apple/swift-nio", exact: "2.101.2"),
        // TLS 1.2/1.3 by BoringSSL: a mutual handshake at less than half of what OpenSSL 3.0 needs.
        .package(url: "https://github.com/apple/swift-nio-ssl", exact: "2.37.6"),
        // SHA-256, RSA, ECDSA and EdDSA.
        .package(url: "https://github.com/apple/swift-crypto", exact: "4.5.2"),
        // The control plane's HTTP client (key sets, metadata); never on the data path.
        .package(url: "https://github.com/swift-server/async-http-client", exact: "1.37.0"),
        // The YAML parser; its node marks give line and column.
        .package(url: "https://github.com/jpsim/Yams", exact: "6.2.2"),
        // Commands, usage and exit codes.
        .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2"),
        // The logging façade of the Swift server ecosystem.
        .package(url: "https://github.com/apple/swift-log", exact: "1.16.2"),
        // Start, signals and graceful shutdown of the services in HoldfastServer.
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", exact: "2.13.0"),
        // Tests and holdfast-fuzz only: another reading of HTTP/2's header blocks and frames, which ours is held against.
        .package(url: "https://github.com/apple/swift-nio-http2", exact: "1.46.0"),
        // holdfast-lab and tests only: issuing certificates.
        .package(url: "https://github.com/apple/swift-certificates", exact: "1.21.1"),
        // DER that OpenSSL leaves unread: the statements of PSD2, otherName, scopes of an intermediate; and what the lab writes.
        .package(url: "https://github.com/apple/swift-asn1", exact: "1.7.4"),
    ],
    targets: [
        .systemLibrary(name: "COpenSSL", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),
        // Headers of our own around system calls.
        .systemLibrary(name: "CLandlock"),
        // libssl, of the same Debian package: `holdfast probe` resumes sessions, which NIOSSL's client cannot.
        .systemLibrary(name: "CTLSClient", pkgConfig: "libssl", providers: [.apt(["libssl-dev"])]),
        .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
        .target(name: "Timekeeping", swiftSettings: settings),
        .target(name: "BindingPolicy", swiftSettings: settings),
        .target(name: "Files", swiftSettings: settings),
        .target(name: "Credentials", dependencies: ["Files", "COpenSSL", nioSSL], swiftSettings: settings),
        .target(name: "Telemetry", dependencies: ["ProtocolBuffers", "Timekeeping", nioCore, log], swiftSettings: settings),
        .target(name: "HTTPWire", dependencies: [nioCore], swiftSettings: settings),
        .target(name: "ProtocolBuffers", dependencies: [nioCore], swiftSettings: settings),
        .target(name: "DecisionWire", dependencies: ["ProtocolBuffers", nioCore], swiftSettings: settings),
        .target(name: "AccessControl", dependencies: ["HTTPWire", "BindingPolicy"], swiftSettings: settings),
        .target(
            name: "TokenValidation",
            dependencies: [
                "BindingPolicy", "Credentials", "Files", "HTTPWire", "Timekeeping", crypto, cryptoExtras, nioCore, nioPosix, nioHTTP1, nioSSL,
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
            ], swiftSettings: settings),
        .target(
            name: "ClientIdentity",
            dependencies: ["BindingPolicy", "Credentials", "Files", "HTTPWire", "Timekeeping", "COpenSSL", crypto, nioCore, nioSSL, asn1],
            swiftSettings: settings),
        .target(
            name: "HoldfastConfiguration",
            dependencies: ["BindingPolicy", "Files", "HTTPWire", "Telemetry", "Timekeeping", .product(name: "Yams", package: "Yams")],
            swiftSettings: settings),
        .target(
            name: "ProxyEngine",
            dependencies: [
                "AccessControl", "DecisionWire", "HTTPWire", "BindingPolicy", "ProtocolBuffers", "Telemetry", "Timekeeping", "CZlib", nioCore,
                nioPosix, nioSSL, nioTLS,
            ],
            swiftSettings: settings),
        .target(
            name: "HoldfastServer",
            dependencies: [
                "ProxyEngine", "ClientIdentity", "TokenValidation", "HoldfastConfiguration", "AccessControl", "HTTPWire", "BindingPolicy",
                "Credentials", "Files", "ProtocolBuffers", "Telemetry", "Timekeeping", "CLandlock", nioCore, nioPosix, nioHTTP1, nioSSL, crypto, log,
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
            ], swiftSettings: settings),
        .target(name: "Probe", dependencies: ["HTTPWire", "CTLSClient"], swiftSettings: settings),
        .executableTarget(
            name: "holdfast",
            dependencies: [
                "HoldfastServer", "HoldfastConfiguration", "ClientIdentity", "BindingPolicy", "Credentials", "Files", "Probe", "Telemetry",
                "Timekeeping", log, arguments,
            ], swiftSettings: settings),
        .executableTarget(
            name: "holdfast-lab",
            dependencies: [nioCore, nioPosix, nioHTTP1, nioSSL, nioTLS, crypto, cryptoExtras, certificates, asn1, arguments],
            swiftSettings: settings),
        .testTarget(name: "BindingPolicyTests", dependencies: ["BindingPolicy"], swiftSettings: settings),
        .testTarget(name: "FilesTests", dependencies: ["Files"], swiftSettings: settings),
        .testTarget(name: "CredentialsTests", dependencies: ["Credentials", "Files", nioSSL], swiftSettings: settings),
        .testTarget(name: "AccessControlTests", dependencies: ["AccessControl", "HTTPWire", "BindingPolicy", nioCore], swiftSettings: settings),
        .testTarget(name: "ProbeTests", dependencies: ["Probe", "HTTPWire"], swiftSettings: settings),
        .testTarget(name: "TimekeepingTests", dependencies: ["Timekeeping"], swiftSettings: settings),
        .testTarget(name: "TelemetryTests", dependencies: ["ProtocolBuffers", "Telemetry", nioCore, log], swiftSettings: settings),
        .testTarget(name: "DecisionWireTests", dependencies: ["DecisionWire", "ProtocolBuffers", nioCore], swiftSettings: settings),
        .testTarget(name: "HTTPWireTests", dependencies: ["HTTPWire", nioCore, hpack], swiftSettings: settings),
        .testTarget(
            name: "TokenValidationTests",
            dependencies: ["TokenValidation", "BindingPolicy", "Credentials", "Files", "HTTPWire", crypto, cryptoExtras, nioCore, nioPosix, nioSSL],
            swiftSettings: settings),
        .testTarget(
            name: "ClientIdentityTests",
            dependencies: [
                "ClientIdentity", "BindingPolicy", "Credentials", "HTTPWire", nioCore, nioPosix, nioSSL, nioTLS, crypto, cryptoExtras, certificates,
                asn1,
            ], swiftSettings: settings),
        .testTarget(
            name: "HoldfastConfigurationTests", dependencies: ["HoldfastConfiguration", "HTTPWire", "BindingPolicy", "Telemetry"],
            swiftSettings: settings),
        .testTarget(
            name: "ProxyEngineTests",
            dependencies: [
                "ProxyEngine", "AccessControl", "HTTPWire", "BindingPolicy", "Telemetry", "CZlib", nioCore, nioPosix, nioEmbedded, nioSSL, hpack,
            ],
            swiftSettings: settings),
        .testTarget(
            name: "HoldfastServerTests",
            dependencies: [
                "HoldfastServer", "HoldfastConfiguration", "ProxyEngine", "AccessControl", "ClientIdentity", "TokenValidation", "HTTPWire",
                "BindingPolicy", "Telemetry", "Timekeeping", "Credentials", nioCore, nioEmbedded, nioPosix, nioSSL, crypto, certificates, asn1, log,
            ], swiftSettings: settings),
        // The fuzzers, a program of their own: a million cases want the release build. `scripts/test` runs it.
        .executableTarget(
            name: "holdfast-fuzz",
            dependencies: [
                "ProxyEngine", "AccessControl", "DecisionWire", "HTTPWire", "ProtocolBuffers", "TokenValidation", "BindingPolicy", "Telemetry",
                nioCore, nioHTTP1,
                nioEmbedded, nioSSL, nioTLS, hpack, crypto, cryptoExtras, arguments,
            ], path: "Tests/Fuzz", swiftSettings: settings),
    ]
)
