import HTTPWire
import Testing

@Suite("Codes of refusal")
struct WireFaultTests {
    @Test(
        "Every code is words in lower case joined by `_`, and every status is one that HTTP knows", arguments: WireFault.allCases)
    func codes(_ fault: WireFault) {
        #expect(fault.rawValue.utf8.allSatisfy { (0x61...0x7a).contains($0) || (0x30...0x39).contains($0) || $0 == 0x5f })
        #expect([400, 413, 414, 417, 431, 501, 505].contains(fault.status))
    }
}
