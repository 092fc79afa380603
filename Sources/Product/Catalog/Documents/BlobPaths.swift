/// Where a document's blobs are: container `documents`, path `<workspace>/<document>/…`.
public enum BlobPaths {
    /// The container.
    public static let container = "documents"

    /// The file as it was uploaded.
    public static func original(workspace: String, document: String) -> String { "\(workspace)/\(document)/original" }

    /// The extracted text by pages.
    public static func text(workspace: String, document: String) -> String { "\(workspace)/\(document)/text.json" }

    /// A page of a PDF as it is drawn, at one of the widths that there are.
    public static func picture(workspace: String, document: String, page: Int, width: Int) -> String {
        "\(workspace)/\(document)/page-\(page)-\(width).jpg"
    }

    /// The places of a page's words.
    public static func words(workspace: String, document: String, page: Int) -> String {
        "\(workspace)/\(document)/page-\(page)-words.json"
    }

    /// What all blobs of a document begin with.
    public static func prefix(workspace: String, document: String) -> String { "\(workspace)/\(document)/" }

    /// What all blobs of a workspace begin with.
    public static func prefix(workspace: String) -> String { workspace + "/" }

    /// The document that a blob belongs to.
    public static func document(of path: String) -> String? {
        let parts = path.split(separator: "/")
        return parts.count == 3 ? String(parts[1]) : nil
    }
}
