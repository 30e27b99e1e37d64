import COpenSSL

/// ECDSA verification on P-256 (FIPS 186-5 section 6.4.2) for one public key whose multiples are computed beforehand, as libcrypto
/// has those of the base point: less than half of the cost where one key verifies many signatures.
///
/// Of public data only: its time depends on them. Immutable, for any number of threads at once.
package final class P256FixedPoint: Sendable {
    /// The octets of R, of S and of the digest.
    private static let octets = 32

    private nonisolated(unsafe) let curve: OpaquePointer
    /// The curve with the public key in the place of the base point, and its multiples: 150 KiB.
    private nonisolated(unsafe) let curveOfKey: OpaquePointer
    private nonisolated(unsafe) let order: OpaquePointer
    private nonisolated(unsafe) let field: OpaquePointer

    /// Takes some 15 ms.
    ///
    /// - Parameter key: a point, uncompressed (SEC 1 section 2.3.3).
    /// - Returns: nil for what is no point of the curve, or where libcrypto fails.
    package init?(_ key: [UInt8]) {
        guard let curve = EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1) else { return nil }
        guard let order = EC_GROUP_get0_order(curve), let field = EC_GROUP_get0_field(curve), let curveOfKey = EC_GROUP_dup(curve) else {
            EC_GROUP_free(curve)
            return nil
        }
        (self.curve, self.curveOfKey, self.order, self.field) = (curve, curveOfKey, order, field)
        let point = EC_POINT_new(curve)
        defer { EC_POINT_free(point) }
        guard EC_POINT_oct2point(curve, point, key, key.count, nil) == 1, EC_POINT_is_at_infinity(curve, point) == 0,
            EC_GROUP_set_generator(curveOfKey, point, order, BN_value_one()) == 1, holdfast_ec_precompute(curveOfKey) == 1
        else {
            ERR_clear_error()
            return nil
        }
    }

    deinit {
        EC_GROUP_free(curve)
        EC_GROUP_free(curveOfKey)
    }

    /// - Parameters:
    ///   - signature: R and S.
    ///   - digest: by SHA-256.
    /// - Returns: nil where libcrypto fails: no verdict.
    package func verifies(_ signature: UnsafeRawBufferPointer, ofDigest digest: UnsafeRawBufferPointer) -> Bool? {
        guard signature.count == 2 * Self.octets, digest.count == Self.octets else { return false }
        guard let workspace = Workspace(curve), let verdict = verdict(signature, digest, workspace) else {
            ERR_clear_error()
            return nil
        }
        return verdict
    }

    /// What one verification computes with.
    private struct Workspace: ~Copyable {
        let context: OpaquePointer
        let sum, term: OpaquePointer

        init?(_ curve: OpaquePointer) {
            let context = BN_CTX_new(), sum = EC_POINT_new(curve), term = EC_POINT_new(curve)
            guard let context, let sum, let term else {
                BN_CTX_free(context)
                EC_POINT_free(sum)
                EC_POINT_free(term)
                return nil
            }
            (self.context, self.sum, self.term) = (context, sum, term)
            BN_CTX_start(context)
        }

        deinit {
            EC_POINT_free(sum)
            EC_POINT_free(term)
            BN_CTX_end(context)
            BN_CTX_free(context)
        }

        func number(_ octets: Slice<UnsafeRawBufferPointer>) -> OpaquePointer? {
            guard let number = BN_CTX_get(context) else { return nil }
            let octets = UnsafeRawBufferPointer(rebasing: octets)
            return BN_bin2bn(octets.baseAddress?.assumingMemoryBound(to: UInt8.self), Int32(octets.count), number)
        }
    }

    private func verdict(_ signature: UnsafeRawBufferPointer, _ digest: UnsafeRawBufferPointer, _ workspace: borrowing Workspace) -> Bool? {
        let context = workspace.context
        guard let r = workspace.number(signature[..<Self.octets]), let s = workspace.number(signature[Self.octets...]) else { return nil }
        guard isInRange(r), isInRange(s) else { return false }
        guard let u1 = workspace.number(digest[...]), let u2 = BN_CTX_get(context), let inverse = BN_CTX_get(context),
            invert(s, into: inverse, scratch: u2, context),
            // Reduces the digest, too.
            BN_mod_mul(u1, u1, inverse, order, context) == 1, BN_mod_mul(u2, r, inverse, order, context) == 1,
            EC_POINT_mul(curve, workspace.sum, u1, nil, nil, context) == 1,
            EC_POINT_mul(curveOfKey, workspace.term, u2, nil, nil, context) == 1,
            EC_POINT_add(curve, workspace.sum, workspace.sum, workspace.term, context) == 1
        else { return nil }
        guard EC_POINT_is_at_infinity(curve, workspace.sum) == 0 else { return false }
        return isAbscissa(r, of: workspace.sum, scratch: (u1, u2, inverse), context)
    }

    private func isInRange(_ number: OpaquePointer) -> Bool { BN_is_zero(number) == 0 && BN_cmp(number, order) < 0 }

    /// Whether the point's x is r modulo the order. With x·z² at hand, each x that would do is multiplied: dearer by far is the division.
    private func isAbscissa(
        _ r: OpaquePointer, of point: OpaquePointer, scratch: (OpaquePointer, OpaquePointer, OpaquePointer), _ context: OpaquePointer
    ) -> Bool? {
        let (projected, square, candidate) = scratch
        guard holdfast_ec_jacobian(curve, point, projected, square, context) == 1, BN_mod_sqr(square, square, field, context) == 1,
            BN_mod_mul(candidate, r, square, field, context) == 1
        else { return nil }
        if BN_cmp(candidate, projected) == 0 { return true }
        // The field is larger than the order, so x can be r and the order.
        guard BN_add(candidate, r, order) == 1 else { return nil }
        guard BN_cmp(candidate, field) < 0 else { return false }
        guard BN_mod_mul(candidate, candidate, square, field, context) == 1 else { return nil }
        return BN_cmp(candidate, projected) == 0
    }

    /// By ``P256ModularInverse``, checked by multiplying back; by libcrypto where that has none.
    private func invert(_ s: OpaquePointer, into inverse: OpaquePointer, scratch: OpaquePointer, _ context: OpaquePointer) -> Bool {
        var words: P256ModularInverse.Words = [0, 0, 0, 0]
        let isRead = withUnsafeMutableBytes(of: &words) {
            BN_bn2lebinpad(s, $0.baseAddress?.assumingMemoryBound(to: UInt8.self), Int32($0.count)) == $0.count
        }
        if isRead, let found = P256ModularInverse.inverse(of: words) {
            let isTaken = withUnsafeBytes(of: found) {
                BN_lebin2bn($0.baseAddress?.assumingMemoryBound(to: UInt8.self), Int32($0.count), inverse) != nil
            }
            if isTaken, BN_mod_mul(scratch, s, inverse, order, context) == 1, BN_is_one(scratch) == 1 { return true }
        }
        return BN_mod_inverse(inverse, s, order, context) != nil
    }
}
