import EncodingDetection
import Glibc
import Testing
import TextEncodings

/// Bytes in many encodings, of short texts such as people send.
@Suite struct DecodedTextTests {
    private static let texts: [(text: String, converters: [String])] = [
        ("保証期間は購入日から二年間です。修理の受付は平日の午前九時からです。", ["CP932", "EUC-JP", "ISO-2022-JP"]),
        ("회의는 매주 화요일 오전 열 시에 시작합니다. 참석자는 출입증을 지참해야 합니다.", ["UHC"]),
        ("會議時間為每週二上午十點。請攜帶識別證件入場，逾時不候。", ["BIG5"]),
        ("会议时间为每周二上午十点。请携带身份证件入场，过时不候。", ["GB18030", "GBK"]),
        ("Срок действия договора составляет двенадцать месяцев с даты.", ["CP1251", "KOI8-R", "ISO-8859-5", "IBM866"]),
        ("Термін дії договору становить дванадцять місяців від дати.", ["CP1251", "KOI8-U"]),
        ("Η περίοδος εγγύησης είναι δύο έτη από την ημερομηνία αγοράς.", ["CP1253", "ISO-8859-7"]),
        ("Garanti süresi satın alma tarihinden itibaren iki yıldır; şubeye başvurunuz.", ["CP1254", "ISO-8859-9"]),
        ("תקופת האחריות היא שנתיים מיום הרכישה. התיקונים נעשים בימי חול.", ["CP1255", "ISO-8859-8"]),
        ("مدة الضمان سنتان من تاريخ الشراء. تتم الإصلاحات في أيام العمل.", ["CP1256", "ISO-8859-6"]),
        ("Zgłoszenia przyjmujemy w dni robocze, żądanie zwrotu należy złożyć.", ["CP1250", "ISO-8859-2"]),
        ("Záruční doba je dva roky od data nákupu. Žádosti přijímáme v pracovní dny.", ["CP1250", "ISO-8859-2"]),
        ("Die Garantie beträgt zwei Jahre. Anträge für größere Änderungen: 49 €.", ["CP1252"]),
        ("La garantie est de deux ans à compter de la date d’achat — 49 €.", ["CP1252"]),
        ("¿Cuándo vence? El año próximo; la reclamación se presenta.", ["CP1252", "ISO-8859-1"]),
        ("Der Preis beträgt fünf Mark; größer ist übel.", ["IBM850", "IBM437", "MACINTOSH", "CP1252"]),
        ("Café and naïve résumé costs", ["MACINTOSH", "IBM850", "CP1252"]),
        ("Dès l’été, l’élève près du collège « reçoit » sept cents…", ["CP1252", "MACINTOSH"]),
        ("O’Brien’s co·op — 20 °C, Müller™GmbH and ’tis", ["CP1252"]),
        ("The price is €49 – it’s fixed.", ["CP1252"]), ("café", ["CP1252"]),
        ("ระยะเวลารับประกันสองปีนับจากวันที่ซื้อ การซ่อมทำในวันทำการ", ["CP874"]),
    ]

    private static func bytes(_ text: String, _ converter: String) throws -> [UInt8] {
        let handle = try #require(iconv_open(converter, "UTF-8"))
        defer { iconv_close(handle) }
        var input = Array(text.utf8).map { CChar(bitPattern: $0) }
        var output = [CChar](repeating: 0, count: 8 * input.count + 64)
        let room = output.count
        let written = input.withUnsafeMutableBufferPointer { source in
            output.withUnsafeMutableBufferPointer { target in
                var (from, to) = (source.baseAddress, target.baseAddress)
                var (left, free) = (source.count, room)
                _ = iconv(handle, &from, &left, &to, &free)
                // What shifts between alphabets has to come back to the first.
                _ = iconv(handle, nil, nil, &to, &free)
                return left == 0 ? room - free : -1
            }
        }
        try #require(written >= 0, "\(converter) cannot say it")
        return output[..<written].map { UInt8(bitPattern: $0) }
    }

    @Test(arguments: texts) func aShortTextIsReadInEveryEncodingThatCanSayIt(
        _ sample: (text: String, converters: [String])
    ) throws {
        for converter in sample.converters {
            let found = DecodedText(try Self.bytes(sample.text, converter))
            #expect(found.text == sample.text, "\(converter) taken for \(found.encoding.name)")
            #expect(found.faults == 0)
        }
    }

    @Test(arguments: ["UTF-16LE", "UTF-16BE", "UTF-32LE", "UTF-32BE"])
    func unicodeIsReadWithAndWithoutItsMark(_ converter: String) throws {
        for sample in Self.texts.map(\.text) + ["Backup finished at 03:15 with 0 errors.\r\n", "a b"] {
            let plain = DecodedText(try Self.bytes(sample, converter))
            #expect(plain.text == sample || !sample.contains(" ") && !sample.contains("，") && !sample.contains("。"))
            #expect(DecodedText(try Self.bytes("\u{FEFF}" + sample, converter)).text == sample)
        }
    }

    @Test func strayZerosDoNotMakeATextWide() {
        let text = "Reading 17 degrees\0 at sensor 4\r\n"
        #expect(DecodedText(Array(String(repeating: text, count: 20).utf8)).encoding == .utf8)
        #expect(DecodedText(Array("Überschrift\0 und Größe\n".utf8)).text == "Überschrift\0 und Größe\n")
    }

    @Test func utf8IsTakenForItselfWhateverTheLabelSays() {
        #expect(DecodedText(Array("Größe 5 €".utf8), label: "iso-8859-1").text == "Größe 5 €")
        #expect(DecodedText(Array("\u{FEFF}Größe".utf8), label: "windows-1251").text == "Größe")
    }

    @Test func aLabelSaysWhatTheBytesDoNot() throws {
        let bytes = try Self.bytes("Привет", "CP1251")
        #expect(DecodedText(bytes, label: "windows-1251").text == "Привет")
        #expect(DecodedText(try Self.bytes("€49 – it’s", "CP1252"), label: "ISO-8859-1").text == "€49 – it’s")
        #expect(DecodedText(try Self.bytes("保証", "CP932"), label: "Shift_JIS").text == "保証")
    }

    @Test func oneByteOfAnotherProgramDoesNotSpoilUTF8() {
        var bytes = Array(String(repeating: "Größe und Maß, Übergröße. ", count: 20).utf8)
        bytes.insert(0x80, at: 6 * 27)
        let found = DecodedText(bytes)
        #expect(found.encoding == .utf8 && found.faults == 1)
        #expect(found.text.contains("Größe und Maß") && found.text.contains("€"))
        // Cut in the middle of a character.
        #expect(
            DecodedText(Array("Größe und Maß und Überschrift und noch etwas Ä".utf8.dropLast())).text.hasPrefix("Größe")
        )
    }

    @Test func aMarkOfUTF8InFrontOfSomethingElseSaysNothing() throws {
        let bytes = [0xEF, 0xBB, 0xBF] + (try Self.bytes("Name;Preis\nMüller;5 €\n", "CP1252"))
        #expect(DecodedText(bytes).text == "Name;Preis\nMüller;5 €\n")
        let mixed = Array("# coding: utf-8 é è ü\nx\ny".utf8) + (try Self.bytes("price 5 €", "CP1252"))
        #expect(DecodedText(mixed).text.hasSuffix("price 5 €"))
    }

    @Test func aLabelStandsWhereAByteOrTwoAreWrong() throws {
        let bytes = try Self.bytes("Срок договора", "CP1251") + [0x98]
        #expect(DecodedText(bytes, label: "windows-1251").text.hasPrefix("Срок договора"))
        let japanese = try Self.bytes("保証期間", "CP932") + [0xFD]
        #expect(DecodedText(japanese, label: "shift_jis").text.hasPrefix("保証期間"))
    }

    @Test func signsOfMoneyTellTheEncoding() throws {
        let german = "Preis: 300 €\nMüller, Grün, Größe\n"
        #expect(DecodedText(try Self.bytes(german, "ISO-8859-15")).text == german)
        #expect(DecodedText(try Self.bytes("Umowa: kara 500 zł", "CP1250")).text == "Umowa: kara 500 zł")
        #expect(DecodedText(try Self.bytes("Cena 5 zł, długość", "CP1250")).text == "Cena 5 zł, długość")
        #expect(DecodedText(try Self.bytes("Цена: 300 руб.", "CP1251")).text == "Цена: 300 руб.")
    }

    @Test func whatIsNothingInAnEncodingIsCounted() throws {
        var bytes = try Self.bytes("会议时间为每周二上午十点。请携带身份证件入场，过时不候。", "GB18030")
        bytes.append(0xFF)
        let found = DecodedText(bytes, label: "gb2312")
        #expect(found.faults == 1 && found.text.hasSuffix("\u{FFFD}"))
    }

    @Test func labelsAreReadWhateverTheirSpelling() {
        #expect(TextEncoding(label: "ISO_8859-1")?.name == "windows-1252")
        #expect(TextEncoding(label: " Shift-JIS ")?.name == "Shift_JIS")
        #expect(TextEncoding(label: "x-sjis")?.name == "Shift_JIS")
        #expect(TextEncoding(label: "GB2312")?.name == "gb18030")
        #expect(TextEncoding(label: "no such")?.name == nil)
        #expect(TextEncoding(codePage: 1251)?.name == "windows-1251")
        #expect(TextEncoding(codePage: 932)?.name == "Shift_JIS")
    }
}
