package import BindingPolicy
package import HTTPWire

extension HoldfastConfiguration {
    package struct Forward: Equatable, Sendable {
        package enum Authorization: String, CaseIterable, Sendable { case keep, remove }
        package enum ClientAddress: String, CaseIterable, Sendable {
            /// `X-Forwarded-For` and `X-Forwarded-Proto`, from the socket alone.
            case xForwarded = "x-forwarded"
            /// Also `X-Forwarded-Host` and `X-Forwarded-Port`, which the request names.
            case xForwardedAll = "x-forwarded-all"
            /// `Forwarded` (RFC 7239), with all of it.
            case forwarded
            case both
            case none

            /// As they are written.
            package var fieldNames: [String] {
                switch self {
                case .xForwarded: ["X-Forwarded-For", "X-Forwarded-Proto"]
                case .xForwardedAll: ["X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Host", "X-Forwarded-Port"]
                case .forwarded: ["Forwarded"]
                case .both: Self.xForwardedAll.fieldNames + Self.forwarded.fieldNames
                case .none: []
                }
            }
        }

        /// What is done with `traceparent` and `tracestate`.
        package enum Trace: String, CaseIterable, Sendable {
            /// Fields like any other.
            case pass
            /// Checked and continued, or begun (W3C Trace Context).
            case `continue`
        }

        /// What requests to the upstream are for.
        package enum Host: Equatable, Sendable {
            case keep
            /// As the URL of the upstream has it.
            case upstream
            case name(String)
        }

        /// A claim of the token as a field for the upstream.
        package struct ForwardedClaim: Equatable, Sendable {
            package let claim: ClaimName
            package let header: String
        }

        /// What the signed field is called, and says of itself.
        package struct Context: Equatable, Sendable {
            package let header: String
            /// P-256 or Ed25519; nil for a key of this process alone.
            package let privateKey: LocatedPath?
            /// `iss`.
            package let issuer: String
            /// `aud`; nil for none.
            package let audience: String?
            /// From `iat` to `exp`, whole seconds.
            package let lifetime: Duration
        }

        /// What a certificate may say of its holder.
        package enum ClientFact: String, CaseIterable, Sendable {
            /// The registered client's.
            case id
            /// The subject's `organizationIdentifier`.
            case organization
            /// PSD2's, with commas between.
            case roles
            case spiffeID = "spiffe_id"
        }

        package struct ForwardedFact: Equatable, Sendable {
            package let fact: ClientFact
            package let header: String
        }

        /// The name of the field that carries the thumbprint, in base64url.
        package let thumbprintHeader: String
        package let authorization: Authorization
        package let host: Host
        /// Names removed in addition to those that always are, as written in the file.
        package let strip: [String]
        /// Names that are not removed although the built-in list has them or they are of the family of a field we set. None that we set.
        package let keep: [String]
        package let clientAddress: ClientAddress
        /// Whether the upstream is told in `Via` that the request came by us.
        package let via: Bool
        package let trace: Trace
        package let claims: [ForwardedClaim]
        /// In which words the upstream is told of the client's certificate, beside its thumbprint.
        package let certificate: [CertificateDialect]
        /// What it is told in fields of their own of what the certificate says.
        package let client: [ForwardedFact]
        /// A signed field by which it can tell a request that went past us; nil for none.
        package let context: Context?
        package let interactionID: InteractionID
        package let errorBody: ErrorBody
    }

    /// What is done with `x-fapi-interaction-id`.
    package enum InteractionID: String, CaseIterable, Sendable {
        /// A field like any other.
        case pass
        /// Played back, and made where the client sent none that is a UUID (FAPI 1.0 Baseline section 6.2.1 (11)).
        case echo
        /// Played back, and a request without one refused (Open Finance Brasil).
        case require
    }

    /// The form of the bodies of our own answers.
    package enum ErrorBody: String, CaseIterable, Sendable { case problem, uk, brazil, cdr }
}
