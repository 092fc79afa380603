/// A number with what it counts, such as `1 page` and `2 pages`.
///
/// - Parameter thing: In the singular; one whose plural takes an s.
public func counted(_ count: Int, _ thing: String) -> String { "\(count) \(thing)\(count == 1 ? "" : "s")" }
