import CCurl

/// A list of texts for libcurl, which looks for the end of a list whenever it appends: here the end is known, since a
/// caller decides how many fields are passed on.
struct CurlList {
    /// The list; whoever takes it frees it.
    private(set) var first: UnsafeMutablePointer<curl_slist>?
    private var last: UnsafeMutablePointer<curl_slist>?

    mutating func append(_ text: String) {
        // Without memory the library returns nothing and leaves the list as it was.
        guard let end = curl_slist_append(last, text) else { return }
        if last == nil { first = end }
        last = end.pointee.next ?? end
    }
}
