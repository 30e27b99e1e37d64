/// What a front is told of a request that may pass: it forwards, and Holdfast does not.
struct PermittedRequest {
    /// Whole lines for the API, each in the place of whatever the client sent by that name.
    let fields: [UInt8]
    /// Names, as the client spelled them, of fields that must not reach the API.
    let removed: [[UInt8]]
}
