import FoundationEssentials
import Glibc

/// What figures were measured on: a figure without it says little.
public enum Machine {
    /// The processor's name and how many of them there are.
    public static var description: String {
        let information = FileManager.default.contents(atPath: "/proc/cpuinfo") ?? Data()
        return describe(String(decoding: information, as: UTF8.self), processors: sysconf(Int32(_SC_NPROCESSORS_ONLN)))
    }

    static func describe(_ information: String, processors: Int) -> String {
        let line = information.split(separator: "\n").first { $0.hasPrefix("model name") }
        let words = line?.split(separator: ":", maxSplits: 1).last?.split(separator: " ") ?? []
        let name = words.isEmpty ? "a processor without a name" : words.joined(separator: " ")
        return "\(name), \(processors) \(processors == 1 ? "processor" : "processors")"
    }
}
