"""OpenDocument files and books for tests, packed as the programs that write them do it: the type first, and in plain."""
import io, zipfile

NAMES = " ".join(
    f'xmlns:{prefix}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"' for prefix, name in [
        ("office", "office"), ("style", "style"), ("text", "text"), ("table", "table"), ("draw", "drawing"),
        ("presentation", "presentation"), ("fo", "xsl-fo-compatible"), ("svg", "svg-compatible")])


def package(kind, parts):
    """An archive whose first entry says what it is. A part is bytes, text, or pieces that are written one by one."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(zipfile.ZipInfo("mimetype"), kind)
        for name, content in parts:
            with archive.open(name, "w", force_zip64=True) as part:
                for piece in [content] if isinstance(content, (bytes, str)) else content:
                    part.write(piece if isinstance(piece, bytes) else piece.encode())
    return file.getvalue()


def book(chapters, encryption=""):
    """An EPUB of these chapters, whose names need codes in references."""
    items = "".join(f'<item id="c{n}" href="text/chapter%20{n}.xhtml" media-type="application/xhtml+xml"/>' for n in range(len(chapters)))
    order = "".join(f'<itemref idref="c{n}"/>' for n in range(len(chapters)))
    parts = [
        ("META-INF/container.xml", '<container><rootfiles><rootfile full-path="OPS/book.opf" media-type="application/oebps-package+xml"/></rootfiles></container>'),
        ("OPS/book.opf", f"<package><metadata/><manifest>{items}</manifest><spine>{order}</spine></package>")]
    if encryption:
        parts.append(("META-INF/encryption.xml", f"<encryption><EncryptedData><EncryptionMethod Algorithm='x'/><CipherData><CipherReference URI='{encryption}'/></CipherData></EncryptedData></encryption>"))
    return package("application/epub+zip", parts + [(f"OPS/text/chapter {n}.xhtml", chapter) for n, chapter in enumerate(chapters)])


def open_document(kind, body, manifest="", styles=""):
    """A text, a spreadsheet or a presentation with this body."""
    start = f"<office:document-content {NAMES}><office:automatic-styles>{styles}</office:automatic-styles><office:body><office:{kind}>"
    return package("application/vnd.oasis.opendocument." + kind, [
        ("content.xml", [start, *([body] if isinstance(body, (bytes, str)) else body), f"</office:{kind}></office:body></office:document-content>"]),
        ("styles.xml", f"<office:document-styles {NAMES}/>"), ("META-INF/manifest.xml", f"<manifest>{manifest}</manifest>")])
