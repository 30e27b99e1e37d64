package import Files
package import HTTPWire

extension KeySetKeeper {
    /// Why keys, or the address of something, could not be had: where it was looked for, and what was found there.
    package enum Fault: Error, Equatable, Sendable {
        /// A metadata document that was no help.
        package struct Attempt: Equatable, Sendable {
            package enum Failure: Equatable, Sendable {
                case fetch(FetchFault)
                case document(IssuerMetadata.Fault)
            }

            package let address: HTTPURL
            package let failure: Failure

            package init(address: HTTPURL, failure: Failure) {
                self.address = address
                self.failure = failure
            }
        }

        case fetch(HTTPURL, FetchFault)
        /// In the order in which they were asked for; never empty.
        case metadata([Attempt])
        case keySet(String, KeySet.Fault)
        case file(String, FileFault)

        /// From a closed set, for logs.
        package var code: String {
            switch self {
            case .fetch(_, let fault): fault.code
            case .metadata(let attempts):
                switch Self.mostTelling(attempts)?.failure {
                case .fetch(let fault): fault.code
                case .document(let fault): fault.code
                case nil: "metadata"
                }
            case .keySet(_, let fault): fault.code
            case .file(_, .tooLarge): "too_large"
            case .file: "unreadable"
            }
        }

        /// A document that was there says more than those that were not.
        private static func mostTelling(_ attempts: [Attempt]) -> Attempt? {
            attempts.first { if case .document = $0.failure { true } else { false } } ?? attempts.last
        }

        /// Where it was looked for.
        package var place: String {
            switch self {
            case .fetch(let url, _): url.shown
            case .metadata(let attempts): Self.mostTelling(attempts)?.address.shown ?? ""
            case .keySet(let place, _), .file(let place, _): place
            }
        }

        /// A sentence without its full stop.
        package var words: String {
            switch self {
            case .fetch(let url, let fault): "\(url.shown) \(fault.words)"
            case .metadata(let attempts): attempts.map { "\($0.address.shown) \($0.failure.words)" }.joined(separator: "; ")
            case .keySet(let place, let fault): "\(place) \(fault.words)"
            case .file(let path, let fault): "\(path) \(fault.problem)"
            }
        }
    }
}

extension KeySetKeeper.Fault.Attempt.Failure {
    fileprivate var words: String {
        switch self {
        case .fetch(let fault): fault.words
        case .document(let fault): fault.words
        }
    }
}
