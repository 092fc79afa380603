/// placeholder
public enum NewHandler {
    public static func make(named name: String, package: String?) throws {}
}
