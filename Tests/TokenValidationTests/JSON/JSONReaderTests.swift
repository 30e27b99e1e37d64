import Testing
import TokenValidation

/// Reads past a whole text.
func fault(_ text: [UInt8], maximumMembers: Int = 1024) -> JSONFault? {
    text.withUnsafeBytes { bytes in
        var reader = JSONReader(bytes, maximumMembers: maximumMembers)
        do throws(JSONFault) {
            try reader.skip()
            try reader.finish()
            return nil
        } catch {
            return error
        }
    }
}

func fault(_ text: String) -> JSONFault? { fault(Array(text.utf8)) }

@Suite struct JSONReaderTests {
    @Test(
        "Reads what RFC 8259 allows (JWT-04)",
        arguments: [
            "{}", "[]", " { } ", "[1,2]", "\t\r\n{\"a\":1}\n", #""""#, "0", "-0", "10.5e+3", "1E5", "true", "false", "null",
            #"{"a":{"a":{"a":[]}}}"#, #"["\"\\\/\b\f\n\r\t\u0041"]"#, #""\ud83d\ude00""#, "\"\u{e9}\u{20ac}\u{10ffff}\"", "\"\u{7f}\"",
            #""\u0000""#, "1e999999", "-1e-999999", "[[],{}]",
        ])
    func readsWhatRFC8259Allows(_ text: String) {
        #expect(fault(text) == nil)
    }

    @Test(
        "Refuses what RFC 8259 does not (JWT-04)",
        arguments: [
            "", " ", "{", "[", "}", "{]", "[}", "{\"a\"}", "{\"a\":}", "{\"a\":1,}", "{,}", "[1,]", "[,1]", "[1 2]", "{\"a\":1 \"b\":2}",
            "{a:1}", "{'a':1}", "{1:1}", "[1]]", "{}{}", "{} x", "01", "-", "+1", "1.", ".5", "1e", "1e+", "0x10", "NaN", "Infinity",
            "-Infinity", "tru", "True", "nul", "nulll", "// c\n1", "/* c */1", "1 // c", #"""#, #""\"#, #""\x41""#, #""\u12""#, #""\u12G4""#,
            #""\ud83d""#, #""\ud83dx""#, #""\ud83d\u0041""#, #""\ude00""#, #""\ude00\ud83d""#, "\"\n\"", "\"\t\"", "\"\u{0}\"", "\u{feff}{}",
            "[\u{a0}]",
        ])
    func refusesWhatRFC8259DoesNot(_ text: String) {
        #expect(fault(text) == .malformed)
    }

    @Test(
        "Refuses what is not UTF-8 (JWT-04)",
        arguments: [
            [0x80], [0xc0, 0xaf], [0xc1, 0xbf], [0xe0, 0x80, 0xaf], [0xe0, 0x9f, 0xbf], [0xed, 0xa0, 0x80], [0xed, 0xbf, 0xbf],
            [0xf0, 0x80, 0x80, 0x80], [0xf0, 0x8f, 0xbf, 0xbf], [0xf4, 0x90, 0x80, 0x80], [0xf5, 0x80, 0x80, 0x80], [0xff], [0xc3],
            [0xe2, 0x82], [0xf0, 0x9f, 0x98], [0xc3, 0x28],
        ] as [[UInt8]])
    func refusesWhatIsNotUTF8(_ sequence: [UInt8]) {
        #expect(fault([0x22] + sequence + [0x22]) == .malformed)
        #expect(fault([0x22] + sequence) == .malformed)
    }

    @Test("Tells values that say nothing from others, and steps over those alone") func tellsValuesThatSayNothing() throws {
        func steps(_ text: String) throws -> (isVoid: Bool, next: String) {
            try Array("[\(text),7]".utf8).withUnsafeBytes { bytes in
                var reader = JSONReader(bytes)
                try reader.beginArray()
                _ = try reader.nextElement()
                let isVoid = try reader.skipVoid()
                if !isVoid { try reader.skip() }
                _ = try reader.nextElement()
                return (isVoid, String(decoding: try reader.text(), as: UTF8.self))
            }
        }
        for void in ["null", #""""#, "[]", "{}", "[ \n]", "{\t}", "  null"] { #expect(try steps(void) == (true, "7"), "\(void)") }
        for other in ["0", "false", "true", #"" ""#, "[0]", "[null]", #"{"":0}"#, #""\u0000""#] {
            #expect(try steps(other) == (false, "7"), "\(other)")
        }
        for broken in ["nul", "nulll", "[", "{", "\"", "[}", "{]", ""] { #expect(throws: (any Error).self, "\(broken)") { try steps(broken) } }
    }

    @Test("Refuses UTF-16 (JWT-04)") func refusesUTF16() {
        #expect(fault([0xff, 0xfe, 0x7b, 0, 0x7d, 0]) == .malformed)
        #expect(fault([0x7b, 0, 0x7d, 0]) == .malformed)
    }

    @Test(
        "Refuses duplicate members at every level (JWT-05, JWT-06)",
        arguments: [
            #"{"a":1,"a":2}"#, #"{"a":1,"b":2,"a":1}"#, #"{"alg":1,"\u0061lg":2}"#, #"{"\u0061":1,"\u0061":1}"#, #"[{"x":{"a":1,"a":1}}]"#,
            #"{"":1,"":2}"#, #"{"/":1,"\/":2}"#, #"{"é":1,"\u00e9":2}"#, #"{"😀":1,"\ud83d\ude00":1}"#,
        ])
    func refusesDuplicateMembersAtEveryLevel(_ text: String) {
        #expect(fault(text) == .duplicateMember)
    }

    @Test("Tells names apart by code points") func tellsNamesApartByCodePoints() {
        #expect(fault(#"{"a":1,"A":2,"a ":3,"\u00e9":4,"e\u0301":5}"#) == nil)
        #expect(fault(#"{"a":{"a":1},"b":{"a":1}}"#) == nil)
    }

    @Test func findsADuplicateAmongManyMembers() {
        let names = (0..<500).map { "\"n\($0)\":0" }
        #expect(fault("{" + names.joined(separator: ",") + "}") == nil)
        #expect(fault("{" + (names + ["\"n250\":0"]).joined(separator: ",") + "}") == .duplicateMember)
    }

    @Test("Bounds depth and members (JWT-32)") func boundsDepthAndMembers() {
        #expect(fault(String(repeating: "[", count: 16) + String(repeating: "]", count: 16)) == nil)
        #expect(fault(String(repeating: "[", count: 17) + String(repeating: "]", count: 17)) == .tooDeep)
        #expect(fault(String(repeating: "{\"a\":", count: 10_000)) == .tooDeep)
        #expect(fault(Array(#"{"a":1,"b":{"c":1}}"#.utf8), maximumMembers: 3) == nil)
        #expect(fault(Array(#"{"a":1,"b":{"c":1,"d":1}}"#.utf8), maximumMembers: 3) == .tooManyMembers)
    }

    @Test func givesTheMeaningOfAString() throws {
        let text = Array(#"["plain","a\/b\u00e9\ud83d\ude00\n"]"#.utf8)
        try text.withUnsafeBytes { bytes in
            var reader = JSONReader(bytes)
            try reader.beginArray()
            #expect(try reader.nextElement())
            #expect(try reader.string().string == "plain")
            #expect(try reader.nextElement())
            #expect(try reader.string().string == "a/b\u{e9}\u{1f600}\n")
            #expect(try !reader.nextElement())
            try reader.finish()
        }
    }

    @Test func misuseIsAFaultAndNoTrap() {
        Array("[1]".utf8).withUnsafeBytes { bytes in
            var reader = JSONReader(bytes)
            #expect(throws: JSONFault.malformed) { try reader.beginObject() }
        }
        Array("}".utf8).withUnsafeBytes { bytes in
            var reader = JSONReader(bytes)
            #expect(throws: JSONFault.malformed) { try reader.nextMember() }
        }
        Array("[}".utf8).withUnsafeBytes { bytes in
            var reader = JSONReader(bytes)
            #expect(throws: JSONFault.malformed) {
                try reader.beginArray()
                _ = try reader.nextMember()
            }
        }
    }

    @Test(
        "Reads numeric dates (JWT-26)",
        arguments: [
            ("0", 0), ("1900000000", 1_900_000_000), ("1900000000.5", 1_900_000_000.5), ("19e8", 1_900_000_000), ("253402300799", 253_402_300_799),
        ])
    func readsNumericDates(_ text: String, _ value: Double) {
        #expect(date(text) == value)
    }

    @Test func givesAValueAsItIsWritten() throws {
        let text = Array(#"{"a" : [1, {"b":"\u0063"} ] ,"d":-1.50e+3}"#.utf8)
        try text.withUnsafeBytes { bytes in
            var reader = JSONReader(bytes)
            try reader.beginObject()
            _ = try reader.nextMember()
            #expect(String(decoding: try reader.text(), as: UTF8.self) == #"[1, {"b":"\u0063"} ]"#)
            _ = try reader.nextMember()
            #expect(String(decoding: try reader.text(), as: UTF8.self) == "-1.50e+3")
            #expect(try reader.nextMember() == nil)
            try reader.finish()
        }
        for broken in ["", "[1", "{\"a\":1,\"a\":1}", "nul"] {
            Array(broken.utf8).withUnsafeBytes { bytes in
                var reader = JSONReader(bytes)
                #expect(throws: JSONFault.self) { try reader.text() }
            }
        }
    }

    @Test(
        "Only true and false are booleans (INT-03)",
        arguments: [
            ("true", true), (" false", false), ("null", nil), ("True", nil), ("tru", nil), ("fals", nil), ("1", nil), (#""true""#, nil), ("", nil),
        ] as [(String, Bool?)])
    func booleans(_ text: String, _ value: Bool?) {
        Array(text.utf8).withUnsafeBytes { bytes in
            var reader = JSONReader(bytes)
            #expect((try? reader.boolean()) == value)
        }
    }

    @Test(
        "Refuses dates out of bounds (JWT-26)",
        arguments: [
            "-1", "-0", "1e400", "1e999999", "253402300800", "1900000000000", "999999999999999999999999999999",
            "1." + String(repeating: "0", count: 64),
        ])
    func refusesDatesOutOfBounds(_ text: String) {
        #expect(date(text) == nil)
    }

    private func date(_ text: String) -> Double? {
        Array(text.utf8).withUnsafeBytes { bytes in
            var reader = JSONReader(bytes)
            return try? reader.number().date
        }
    }
}
