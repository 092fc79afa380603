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


def open_document(kind, body, manifest="", styles=""):
    """A text, a spreadsheet or a presentation with this body."""
    start = f"<office:document-content {NAMES}><office:automatic-styles>{styles}</office:automatic-styles><office:body><office:{kind}>"
    return package("application/vnd.oasis.opendocument." + kind, [
        ("content.xml", [start, *([body] if isinstance(body, (bytes, str)) else body), f"</office:{kind}></office:body></office:document-content>"]),
        ("styles.xml", f"<office:document-styles {NAMES}/>"), ("META-INF/manifest.xml", f"<manifest>{manifest}</manifest>")])
