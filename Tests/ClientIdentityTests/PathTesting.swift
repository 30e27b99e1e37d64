import ClientIdentity

extension CertificatePathValidator {
    convenience init(trusting authorities: TestCertificate...) throws {
        let file = try TemporaryFile(authorities.map { try $0.pem }.joined())
        try self.init(TrustAnchors(file: file.path))
    }

    /// Nil where the path holds at `now`.
    func fault(_ leaf: TestCertificate, _ intermediates: TestCertificate..., now: Double = testNow) -> PathFault? {
        fault(leaf.der, intermediates.map(\.der), now: now)
    }

    func fault(_ leaf: [UInt8], _ intermediates: [[UInt8]] = [], now: Double = testNow) -> PathFault? {
        switch validate(leaf: leaf, intermediates: intermediates, now: now) {
        case .success(let path): path.fault(at: now)
        case .failure(let fault): fault
        }
    }
}
