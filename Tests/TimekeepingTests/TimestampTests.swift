import Foundation
import Testing
import Timekeeping

@Suite("A moment")
struct TimestampTests {
    @Test(
        "is the IMF-fixdate of RFC 9110 section 5.6.7",
        arguments: [
            (784_111_777, "Sun, 06 Nov 1994 08:49:37 GMT"), (0, "Thu, 01 Jan 1970 00:00:00 GMT"),
            (951_782_400, "Tue, 29 Feb 2000 00:00:00 GMT"), (1_709_164_799, "Wed, 28 Feb 2024 23:59:59 GMT"),
            (1_709_251_199, "Thu, 29 Feb 2024 23:59:59 GMT"), (1_735_689_599, "Tue, 31 Dec 2024 23:59:59 GMT"),
            (4_107_542_400, "Mon, 01 Mar 2100 00:00:00 GMT"), (-1, "Wed, 31 Dec 1969 23:59:59 GMT"),
        ])
    func fixdate(seconds: Int, expected: String) { #expect(Timestamp(seconds).imfFixdate == expected) }

    @Test("comes back as it was written, and as Foundation writes it")
    func roundTrip() throws {
        let reference = Date.ISO8601FormatStyle(timeZone: .gmt)
        var seconds = -62_167_219_200
        while seconds < 253_402_300_800 {
            let text = Timestamp(seconds).rfc3339
            #expect(
                text == Date(timeIntervalSince1970: Double(seconds)).formatted(reference) || seconds < -12_219_292_800,
                "before 1582 Foundation is Julian")
            if seconds >= 0 { #expect(Timestamp(rfc3339: text)?.secondsSince1970 == seconds) }
            seconds += 86_400 * 97 + 12_345
        }
    }

    @Test("may be a day alone", arguments: [("2027-01-31", "2027-01-31T00:00:00Z"), ("2024-02-29", "2024-02-29T00:00:00Z")])
    func day(text: String, expected: String) { #expect(Timestamp(rfc3339: text)?.rfc3339 == expected) }

    @Test(
        "is not read from anything else",
        arguments: [
            "", "2027", "2027-02-29", "2027-13-01", "2027-00-01", "2027-01-00", "2027-01-32", "2027-01-31T24:00:00Z", "2027-01-31T00:60:00Z",
            "2027-01-31T00:00:60Z", "2027-01-31t00:00:00Z", "2027-01-31 00:00:00Z", "2027-01-31T00:00:00+", "2027/01/31", "20a7-01-31", "1969-12-31",
            "2027-01-31T00:00:00Z ", "２０２７",
        ])
    func refused(text: String) { #expect(Timestamp(rfc3339: text) == nil) }

    @Test(
        "has words where it is none",
        arguments: [(Double.infinity, "without an end"), (1e18, "without an end"), (-Double.infinity, "without a beginning")])
    func none(seconds: Double, words: String) { #expect(Timestamp.text(seconds) == words && Timestamp(seconds) == nil) }

    @Test("never traps", arguments: [Int.min, -62_167_219_201, Int.max, 253_402_300_800])
    func extremes(seconds: Int) {
        #expect(Timestamp(seconds).rfc3339.utf8.count == 20 && !Timestamp(seconds).imfFixdate.isEmpty)
        #expect(Timestamp(Double.nan) == nil)
    }
}
